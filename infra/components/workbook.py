"""The workbook for agents: runs, tokens, cost and errors, over what the app sends."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import applicationinsights

from infra import naming
from infra.components import workbook_document
from infra.components.placement import Placement


@dataclass(frozen=True, kw_only=True, eq=False)
class WorkbookArgs:
    """Say whose telemetry is shown, and where its tables are."""

    placement: Placement
    workspace_id: pulumi.Output[str]
    component_id: pulumi.Output[str]


class Workbook(pulumi.ComponentResource):
    """Hold a shared workbook that Application Insights lists beside its own."""

    def __init__(self, name: str, args: WorkbookArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Workbook", name, None, opts)
        applicationinsights.Workbook(
            name,
            resource_group_name=args.placement.group,
            resource_name_=args.component_id.apply(lambda known: naming.workbook(known, "agents")),
            location=args.placement.location,
            tags=args.placement.tags,
            kind=applicationinsights.WorkbookSharedTypeKind.SHARED,
            category="workbook",
            display_name=args.placement.name("workbook"),
            source_id=args.component_id,
            serialized_data=pulumi.Output.all(args.workspace_id, args.component_id).apply(
                lambda known: workbook_document.document(*known)
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
