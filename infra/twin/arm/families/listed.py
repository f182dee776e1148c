"""Lists that ARM has beside the resources: role definitions, assignments by filter, keys."""

import re
from dataclasses import dataclass
from typing import Any

from infra.twin.arm.behaviour import ArmProblem, ResourceStore
from infra.twin.arm.extras import Call, Extra
from infra.twin.arm.ids import ResourceId
from infra.twin.database.access.data_roles import BUILT_IN, READER
from infra.twin.identity.definitions import definitions
from infra.twin.identity.roles import ASSIGNMENTS

_ROLES = "microsoft.authorization"
_COSMOS = "microsoft.documentdb/databaseaccounts"
_EQUALS = re.compile(r"(\w+)(?:\(\))?\s+eq\s+'([^']*)'|assignedTo\('([^']*)'\)", re.IGNORECASE)


@dataclass(frozen=True)
class Lists:
    """Answer for what Azure has without anyone making it."""

    state: ResourceStore
    subscription: str

    def extras(self) -> dict[str, Extra]:
        """Return the extras by their keys."""
        return {
            f"get {_ROLES}/roledefinitions": self._definitions,
            f"get {_ROLES}/roleassignments": self._assignments,
            f"get {_COSMOS}/sqlroledefinitions": self._data_roles,
            "post microsoft.containerregistry/registries/listcredentials": self._credentials,
        }

    async def _definitions(self, call: Call) -> dict[str, Any]:
        known = definitions()
        last = call.path.name.lower()
        if not call.path.is_collection:
            if last not in known:
                message = f"The specified role definition with ID '{last}' does not exist."
                raise ArmProblem(404, "RoleDefinitionDoesNotExist", message)
            return known[last].wire(self.subscription)
        wanted = _filter(call).get("rolename")
        return {
            "value": [
                role.wire(self.subscription)
                for role in known.values()
                if wanted is None or role.name.lower() == wanted.lower()
            ]
        }

    async def _assignments(self, call: Call) -> dict[str, Any] | None:
        if not call.path.is_collection:
            return None
        scope = call.path.scope
        query = call.query.get("$filter", "")
        wanted = _filter(call)
        principal = wanted.get("principalid") or wanted.get("assignedto")
        found = [
            assignment.body
            for assignment in self.state.of_type(ASSIGNMENTS)
            if _at(assignment.id.scope, scope, below="atscope()" not in query.lower())
            and (principal is None or principal == assignment.properties.get("principalId"))
        ]
        return {"value": found}

    async def _data_roles(self, call: Call) -> dict[str, Any]:
        account = call.resource
        names = {guid: "Reader" if guid == READER else "Contributor" for guid in BUILT_IN}
        found = {
            guid: {
                "id": f"{account.id}/sqlRoleDefinitions/{guid}",
                "name": guid,
                "type": "Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions",
                "properties": {
                    "roleName": f"Cosmos DB Built-in Data {names[guid]}",
                    "type": "BuiltInRole",
                    "assignableScopes": [account.id.path],
                    "permissions": [{"dataActions": list(actions), "notDataActions": []}],
                },
            }
            for guid, actions in BUILT_IN.items()
        }
        if len(call.rest) == 1:
            return {"value": list(found.values())}
        if call.rest[1] not in found:
            message = f"The Role Definition with Id [{call.rest[1]}] does not exist."
            raise ArmProblem(404, "NotFound", message)
        return found[call.rest[1]]

    async def _credentials(self, call: Call) -> dict[str, Any]:
        message = (
            f"Run 'az acr update -n {call.resource.name} --admin-enabled true' to enable the admin user."
        )
        raise ArmProblem(400, "UnAuthorizedForCredentialOperations", message)


def _filter(call: Call) -> dict[str, str]:
    found = _EQUALS.findall(call.query.get("$filter", ""))
    return {(name or "assignedTo").lower(): value or assigned for name, value, assigned in found}


def _at(held: ResourceId, asked: ResourceId, *, below: bool) -> bool:
    above = held.key == asked.key or asked.is_below(held)
    return above or (below and held.is_below(asked))
