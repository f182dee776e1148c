"""The Container Apps environment and where its logs go."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import app, monitor

from infra.components.placement import Placement

LOG_CATEGORIES = ("ContainerAppConsoleLogs", "ContainerAppSystemLogs")


@dataclass(frozen=True, kw_only=True, eq=False)
class EnvironmentArgs:
    """Say where the environment goes and which workspace takes its logs."""

    placement: Placement
    workspace_id: pulumi.Output[str]


class Environment(pulumi.ComponentResource):
    """Hold an environment whose logs go by Azure Monitor: no workspace key is read, so none is stored."""

    id: pulumi.Output[str]

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
            opts=pulumi.ResourceOptions(parent=self),
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
        self.register_outputs({"id": self.id})
