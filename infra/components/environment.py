"""The Container Apps environment and where its logs go."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import app, monitor

from infra.components.placement import Placement
from infra.options.network import NetworkConfig

LOG_CATEGORIES = ("ContainerAppConsoleLogs", "ContainerAppSystemLogs")


@dataclass(frozen=True, kw_only=True, eq=False)
class EnvironmentArgs:
    """Say where the environment goes, which workspace takes its logs, and which subnet it has."""

    placement: Placement
    workspace_id: pulumi.Output[str]
    network: NetworkConfig | None = None
    subnet_id: pulumi.Output[str] | None = None


class Environment(pulumi.ComponentResource):
    """Hold an environment whose logs go by Azure Monitor: no workspace key is read, so none is stored."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]
    static_ip: pulumi.Output[str]

    def __init__(self, name: str, args: EnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Environment", name, None, opts)
        environment = app.ManagedEnvironment(
            name,
            resource_group_name=args.placement.group,
            environment_name=args.placement.name("environment"),
            location=args.placement.location,
            tags=args.placement.tags,
            app_logs_configuration=app.AppLogsConfigurationArgs(destination="azure-monitor"),
            workload_profiles=[
                app.WorkloadProfileArgs(name="Consumption", workload_profile_type="Consumption")
            ],
            vnet_configuration=_subnet(args),
            zone_redundant=True if args.network and args.network.zone_redundant else None,
            # Azure changes neither in place; the app, which hangs on the environment, goes and comes with it.
            opts=pulumi.ResourceOptions(
                parent=self,
                replace_on_changes=["vnetConfiguration", "zoneRedundant"],
                delete_before_replace=True,
            ),
        )
        monitor.DiagnosticSetting(
            f"{name}-diagnostics",
            name=args.placement.name("diagnostics"),
            resource_uri=environment.id,
            workspace_id=args.workspace_id,
            log_analytics_destination_type="Dedicated",
            logs=[
                monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True)
                for category in LOG_CATEGORIES
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = environment.id
        self.name = environment.name
        self.static_ip = environment.static_ip
        self.register_outputs({"id": self.id})


def _subnet(args: EnvironmentArgs) -> app.VnetConfigurationArgs | None:
    if args.network is None or args.subnet_id is None:
        return None
    return app.VnetConfigurationArgs(infrastructure_subnet_id=args.subnet_id, internal=args.network.internal)
