"""Cosmos accounts, databases, containers, data roles: what Azure checks and fills in, what they start."""

from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Resource, ResourceStore
from infra.twin.arm.families.recorded import Recorded, kept, stable_guid
from infra.twin.database.access.data_roles import BUILT_IN, place_of
from infra.twin.database.accounts import CONTAINERS, Databases, account_of, definition_of
from infra.twin.database.containers import check_replacement, container_properties
from infra.twin.database.problems import CosmosProblem
from infra.twin.identity.roles import role_guid
from infra.twin.network.regions import check_regions


@dataclass(frozen=True)
class DatabaseAccount(Recorded):
    """Give a Cosmos account its document endpoint, and answer at it."""

    databases: Databases

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse regions that an account cannot have, or not at once with other changes."""
        check_regions(request)

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the endpoint and the defaults."""
        defaults = {
            "consistencyPolicy": {"defaultConsistencyLevel": "Session"},
            "minimalTlsVersion": "Tls12",
            "publicNetworkAccess": "Enabled",
            "disableLocalAuth": False,
        }
        missing = {name: value for name, value in defaults.items() if name not in request.properties}
        return missing | {
            "documentEndpoint": self.databases.endpoint_of(request.id),
            "instanceId": kept(request, "instanceId", stable_guid("cosmos", request.id.path)),
        }

    @override
    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        """Open the account."""
        await self.databases.open(resource)

    @override
    async def after_delete(self, resource: Resource, state: ResourceStore) -> None:
        """Close the account, and destroy its data."""
        await self.databases.remove(resource.id)


@dataclass(frozen=True)
class SqlResource(Recorded):
    """Make a database or a container real; its body must name what its id names."""

    databases: Databases

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse an id that differs from the path's, and a container that Azure would not make or change."""
        given = (request.properties.get("resource") or {}).get("id")
        if given != request.id.name:
            message = f"The id '{given}' in the body is different from '{request.id.name}' in the path."
            raise _refused(
                request, message, f"set resource.id to {request.id.name!r}", "properties.resource.id"
            )
        if request.id.type.lower() != CONTAINERS.lower():
            return
        try:
            after = container_properties(definition_of(request.properties))
            if request.existing is not None:
                check_replacement(definition_of(request.existing.properties), after)
        except CosmosProblem as problem:
            fix = (
                "correct properties.resource; a container keeps its partition key for life: for another one, "
                "give it another name, or delete it with its items first"
            )
            raise _refused(request, problem.message, fix, "properties.resource") from problem

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the system properties of the item."""
        rid = stable_guid("rid", request.id.path)[:8]
        return {"resource": {"_rid": rid, "_etag": f'"{stable_guid(rid)}"', "_ts": 0}}

    @override
    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        """Make the database or container, or change it."""
        self.databases.put(resource)

    @override
    async def after_delete(self, resource: Resource, state: ResourceStore) -> None:
        """Remove it with its data."""
        self.databases.drop(resource)


@dataclass(frozen=True)
class SqlRoleAssignment(Recorded):
    """Check a data role: its definition must exist and its scope must lie in the account."""

    databases: Databases

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse unknown definitions and scopes elsewhere."""
        account = account_of(request.id)
        definition = str(request.properties.get("roleDefinitionId", ""))
        custom = state.get(f"{account}/sqlRoleDefinitions/{role_guid(definition)}")
        if role_guid(definition) not in BUILT_IN and custom is None:
            message = f"The provided role definition [{definition}] was not found in this database account."
            names = ", ".join(f"{account}/sqlRoleDefinitions/{guid}" for guid in BUILT_IN)
            raise _refused(request, message, f"use one of {names}", "properties.roleDefinitionId")
        scope = str(request.properties.get("scope", ""))
        if place_of(account, scope) is None:
            message = (
                f"The provided scope [{scope}] is not the database account, or a database or container in it."
            )
            fix = f"set scope to {account}, {account}/dbs/NAME or {account}/dbs/NAME/colls/NAME"
            raise _refused(request, message, fix, "properties.scope")

    @override
    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        """Let earlier refusals be forgotten."""
        self.databases.granted(account_of(resource.id))


def _refused(request: ArmRequest, message: str, fix: str, target: str) -> ArmProblem:
    finding = Finding(code="ST002", resource=request.id.path, message=message, fix=fix)
    return ArmProblem(400, "BadRequest", message, target=target, finding=finding)
