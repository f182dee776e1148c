"""Where the bootstrap's resources go, and the grants that they share."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, resources

from infra import naming
from infra.bootstrap import least
from infra.bootstrap.subjects import GROUP, PROJECT
from infra.naming import Names


@dataclass(frozen=True, kw_only=True, eq=False)
class Place:
    """Name the group, its region and subscription, and how world-wide names are made."""

    group: pulumi.Output[str]
    id: pulumi.Output[str]
    location: str
    tags: dict[str, str]

    @classmethod
    def of(cls, location: str, repository: str) -> "Place":
        """Return the place, with its group made."""
        tags = {"workload": PROJECT, "stage": "bootstrap", "repository": repository}
        group = resources.ResourceGroup("group", resource_group_name=GROUP, location=location, tags=tags)
        return cls(group=group.name, id=group.id, location=location, tags=tags)

    @property
    def subscription(self) -> pulumi.Output[str]:
        """Return `/subscriptions/ID`."""
        return self.id.apply(naming.subscription_of)

    def name(self, kind: str) -> pulumi.Output[str]:
        """Return the world-wide name of one kind of resource."""
        return self.id.apply(lambda id_: Names(project=PROJECT, stack="", token=naming.token(id_)).of(kind))


@dataclass(frozen=True, kw_only=True, eq=False)
class Grant:
    """Name who gets a role where."""

    role: str
    scope: pulumi.Output[str]
    principal: pulumi.Output[str]
    person: bool = False
    condition: str | None = None


def grant(name: str, given: Grant, place: Place, parent: pulumi.Resource) -> authorization.RoleAssignment:
    """Give one role, under a name that never changes."""
    assignment = pulumi.Output.all(given.scope, given.principal).apply(
        lambda known: naming.assignment(known[0], known[1], given.role)
    )
    kind = authorization.PrincipalType
    return authorization.RoleAssignment(
        name,
        role_assignment_name=assignment,
        scope=given.scope,
        principal_id=given.principal,
        principal_type=kind.USER if given.person else kind.SERVICE_PRINCIPAL,
        role_definition_id=pulumi.Output.concat(
            place.subscription, "/providers/Microsoft.Authorization/roleDefinitions/", given.role
        ),
        condition=given.condition,
        condition_version=least.CONDITION_VERSION if given.condition else None,
        opts=pulumi.ResourceOptions(parent=parent),
    )
