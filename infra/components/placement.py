"""Where a component's resources go: handed to every component unchanged."""

from dataclasses import dataclass, replace

import pulumi

from infra.components.group import Group
from infra.config import StackConfig
from infra.naming import Names


@dataclass(frozen=True, kw_only=True, eq=False)
class Placement:
    """Name the group, region and tags that all resources of a stack share, and how they are named."""

    group: pulumi.Output[str]
    location: str
    tags: dict[str, str]
    subscription: pulumi.Output[str]
    token: pulumi.Output[str]
    names: Names
    protect: bool

    @classmethod
    def of(cls, group: Group, names: Names, config: StackConfig) -> "Placement":
        """Return where a stack's resources go."""
        return cls(
            group=group.name,
            location=config.location,
            tags=config.tags,
            subscription=group.subscription,
            token=group.token,
            names=names,
            protect=config.protect,
        )

    def name(self, kind: str, *more: str) -> pulumi.Output[str]:
        """Return the Azure name of a resource of one kind."""
        return self.token.apply(lambda token: replace(self.names, token=token).of(kind, *more))
