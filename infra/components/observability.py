"""Where logs, traces and metrics go."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import applicationinsights, operationalinsights

from infra.components import roles
from infra.components.placement import Placement
from infra.options.watching import LogsConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class ObservabilityArgs:
    """Bound the logs and name the principal that sends telemetry."""

    placement: Placement
    config: LogsConfig
    sender: pulumi.Output[str]


class Observability(pulumi.ComponentResource):
    """Hold a capped workspace and an Application Insights that takes Entra tokens only."""

    workspace_id: pulumi.Output[str]
    component_id: pulumi.Output[str]
    connection_string: pulumi.Output[str]
    grants: list[pulumi.Resource]

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("seatrial:index:Observability", name, None, opts)
        workspace = _workspace(name, args, self)
        telemetry = _telemetry(name, args.placement, workspace, self)
        sender = roles.grant(
            f"{name}-sender",
            roles.METRICS_PUBLISHER,
            scope=telemetry.id,
            principal_id=args.sender,
            placement=args.placement,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.workspace_id = workspace.id
        self.component_id = telemetry.id
        self.connection_string = telemetry.connection_string
        self.grants = [sender]
        self.register_outputs({"workspaceId": self.workspace_id})


def _workspace(name: str, args: ObservabilityArgs, parent: pulumi.Resource) -> operationalinsights.Workspace:
    return operationalinsights.Workspace(
        f"{name}-workspace",
        resource_group_name=args.placement.group,
        workspace_name=args.placement.name("logs"),
        location=args.placement.location,
        tags=args.placement.tags,
        sku=operationalinsights.WorkspaceSkuArgs(name=operationalinsights.WorkspaceSkuNameEnum.PER_GB2018),
        retention_in_days=args.config.retention_days,
        workspace_capping=operationalinsights.WorkspaceCappingArgs(daily_quota_gb=args.config.daily_cap_gb),
        features=operationalinsights.WorkspaceFeaturesArgs(disable_local_auth=True),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _telemetry(
    name: str, placement: Placement, workspace: operationalinsights.Workspace, parent: pulumi.Resource
) -> applicationinsights.Component:
    return applicationinsights.Component(
        f"{name}-telemetry",
        resource_group_name=placement.group,
        resource_name_=placement.name("telemetry"),
        location=placement.location,
        tags=placement.tags,
        kind="web",
        application_type=applicationinsights.ApplicationType.WEB,
        ingestion_mode=applicationinsights.IngestionMode.LOG_ANALYTICS,
        workspace_resource_id=workspace.id,
        disable_local_auth=True,
        opts=pulumi.ResourceOptions(parent=parent),
    )
