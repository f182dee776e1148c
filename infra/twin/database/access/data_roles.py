"""Cosmos' own role assignments: which principal may do what, where in an account.

Actions of the built-in roles:
https://learn.microsoft.com/azure/cosmos-db/nosql/reference-data-plane-security
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from infra.twin.arm.behaviour import Resource, ResourceStore
from infra.twin.arm.ids import ResourceId
from infra.twin.database.access.rights import QUERY, READ, READ_CHANGES, READ_METADATA
from infra.twin.database.calls import Address
from infra.twin.identity.roles import role_guid

ASSIGNMENTS = "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"
READER = "00000000-0000-0000-0000-000000000001"
CONTRIBUTOR = "00000000-0000-0000-0000-000000000002"
_CONTAINERS = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers"
BUILT_IN = {
    READER: (READ_METADATA, QUERY, READ_CHANGES, READ),
    CONTRIBUTOR: (READ_METADATA, f"{_CONTAINERS}/*", f"{_CONTAINERS}/items/*"),
}


@dataclass(frozen=True)
class DataRoles:
    """Read an account's assignments off the resources, at every question anew."""

    account: ResourceId
    state: ResourceStore

    def allow(self, principal: str, action: str, address: Address) -> bool:
        """Say whether a principal may do something at a place; the account itself is read at any scope."""
        return any(
            self._covers(assignment, address)
            for assignment in self._of(principal)
            if any(fnmatchcase(action, granted) for granted in self._actions(assignment))
        )

    def _of(self, principal: str) -> Iterator[Resource]:
        for assignment in self.state.of_type(ASSIGNMENTS):
            given = str(assignment.properties.get("principalId", ""))
            if assignment.id.parent.key == self.account.key and given.lower() == principal.lower():
                yield assignment

    def _actions(self, assignment: Resource) -> tuple[str, ...]:
        definition = role_guid(str(assignment.properties.get("roleDefinitionId", "")))
        if definition in BUILT_IN:
            return BUILT_IN[definition]
        custom = self.state.get(f"{self.account}/sqlRoleDefinitions/{definition}")
        permissions = custom.properties.get("permissions") or [] if custom else []
        return tuple(action for one in permissions for action in one.get("dataActions") or ())

    def _covers(self, assignment: Resource, address: Address) -> bool:
        parts = place_of(self.account, str(assignment.properties.get("scope", "")))
        if parts is None:
            return False
        here = (address.database, address.container)
        return address.kind == "account" or here[: len(parts)] == parts


def place_of(account: ResourceId, scope: str) -> tuple[str, ...] | None:
    """Return the database and container that a scope names (neither: the account), or None for elsewhere."""
    rest = scope.rstrip("/")
    if rest.lower().startswith("/subscriptions/"):
        if rest.lower() != account.key and not rest.lower().startswith(account.key + "/"):
            return None
        rest = rest[len(account.key) :]
    parts = [part for part in rest.split("/") if part]
    if [part.lower() for part in parts[::2]] != ["dbs", "colls"][: len(parts[::2])] or len(parts) % 2:
        return None
    return tuple(parts[1::2])
