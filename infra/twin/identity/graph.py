"""The little of Microsoft Graph that role commands ask: who a principal is."""

import json
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from infra.twin.arm.behaviour import ArmProblem
from infra.twin.identity.endpoint import IdentityEndpoint
from infra.twin.identity.tokens import Directory, InvalidTokenError, Principal

_NAMED = re.compile(r"'([^']*)'")


@dataclass(frozen=True)
class Graph:
    """Serve the directory's objects, read-only: the operator and the managed identities."""

    directory: Directory
    identities: IdentityEndpoint

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.post("/v1.0/directoryObjects/getByIds", self._by_ids),
            web.get("/v1.0/servicePrincipals", self._principals),
        ]

    async def _by_ids(self, request: web.Request) -> web.Response:
        self._enter(request)
        try:
            wanted = {str(one).lower() for one in json.loads(await request.read())["ids"]}
        except (ValueError, KeyError, TypeError) as error:
            message = "The body must be an object with ids, a list."
            raise ArmProblem(400, "Request_BadRequest", message) from error
        return web.json_response({"value": [one for one in self._objects() if one["id"].lower() in wanted]})

    async def _principals(self, request: web.Request) -> web.Response:
        self._enter(request)
        named = _NAMED.findall(request.query.get("$filter", ""))
        found = [
            one
            for one in self._objects()
            if not named or {one["id"], one["appId"], one["displayName"]} & set(named)
        ]
        return web.json_response({"value": found})

    def _objects(self) -> list[dict[str, Any]]:
        return [_object(name, who) for name, who in self.identities.named_principals().items()]

    def _enter(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").partition(" ")[2]
        audience = f"{request.scheme}://{request.host}"
        try:
            self.directory.verify(given, (audience, "https://graph.microsoft.com"))
        except InvalidTokenError as error:
            raise ArmProblem(401, "InvalidAuthenticationToken", f"The token is invalid: {error}.") from error


def _object(name: str, who: Principal) -> dict[str, Any]:
    managed = who.resource_id is not None
    return {
        "@odata.type": "#microsoft.graph.servicePrincipal",
        "id": who.object_id,
        "appId": who.client_id,
        "displayName": name,
        "servicePrincipalNames": [who.client_id],
        "servicePrincipalType": "ManagedIdentity" if managed else "Application",
    }
