"""The resource group: everything of one stack lies in it."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import resources

from infra import naming
from infra.config import StackConfig
from infra.naming import Names


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupArgs:
    """Say where the group is, what it is called and whether it may be deleted."""

    name: str
    location: str
    tags: dict[str, str]
    protect: bool
    name_suffix: str

    @classmethod
    def of(cls, names: Names, config: StackConfig) -> "GroupArgs":
        """Return what a stack says about its group."""
        return cls(
            name=names.of("group"),
            location=config.location,
            tags=config.tags,
            protect=config.protect,
            name_suffix=config.name_suffix,
        )


class Group(pulumi.ComponentResource):
    """Hold the resource group, its subscription, and the token for world-wide names in it."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]
    subscription: pulumi.Output[str]
    token: pulumi.Output[str]

    def __init__(self, name: str, args: GroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Group", name, None, opts)
        group = resources.ResourceGroup(
            name,
            resource_group_name=args.name,
            location=args.location,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self.id = group.id
        self.name = group.name
        self.subscription = group.id.apply(naming.subscription_of)
        self.token = group.id.apply(lambda group_id: naming.token(group_id, args.name_suffix))
        self.register_outputs({"id": self.id, "name": self.name})
