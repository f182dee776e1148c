"""The app once more, in another region: the same image, identity and database."""

from dataclasses import dataclass, replace

import pulumi
from pulumi_azure_native import containerregistry

from infra.components.agent_app import AgentApp, AgentAppArgs
from infra.components.environment import Environment, EnvironmentArgs
from infra.components.kept import Kept
from infra.components.placement import Placement

MARK = "second"


@dataclass(frozen=True, kw_only=True, eq=False)
class SecondRegionArgs:
    """Say which app runs once more, and where; it is changed when the first one has been."""

    location: str
    app: AgentAppArgs
    first: pulumi.Resource
    registry_id: pulumi.Output[str]
    workspace_id: pulumi.Output[str]


class SecondRegion(pulumi.ComponentResource):
    """Hold an environment, its app, and the registry's copy that the app pulls from."""

    host: pulumi.Output[str]

    def __init__(self, name: str, args: SecondRegionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:SecondRegion", name, None, opts)
        place = _beside(args.app.placement, args.location)
        environment = Environment(
            f"{name}-environment",
            EnvironmentArgs(placement=place, workspace_id=args.workspace_id),
            pulumi.ResourceOptions(parent=self),
        )
        copy = containerregistry.Replication(
            f"{name}-registry",
            resource_group_name=place.group,
            registry_name=args.registry_id.apply(lambda known: known.rpartition("/")[2]),
            replication_name=args.location,
            location=args.location,
            tags=place.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        running = AgentApp(
            f"{name}-app",
            replace(
                args.app,
                placement=place,
                environment_id=environment.id,
                after=[*args.app.after, copy, args.first],
                kept=Kept(),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.host = running.host
        self.register_outputs({"host": self.host})


def _beside(first: Placement, location: str) -> Placement:
    """Return where the second region's resources go: the same group, under names of their own."""
    names = replace(first.names, stack=f"{first.names.stack}-{MARK}")
    return replace(first, location=location, names=names)
