"""The managed-identity endpoint as App Service and Container Apps have it (2019-08-01)."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from infra.twin.arm.behaviour import Resource, ResourceStore
from infra.twin.identity.tokens import Directory, Principal
from infra.twin.platform import IdentityGrant

IDENTITY_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
_VERSION = "2019-08-01"


@dataclass
class IdentityEndpoint:
    """Answer token requests for the identities that a header was granted; implements Identities."""

    directory: Directory
    state: ResourceStore
    operator: Principal
    url: Callable[[], str]
    operator_header: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    _grants: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def grant(self, identity_ids: Sequence[str]) -> IdentityGrant:
        """Return the endpoint and a new header for these identities."""
        header = secrets.token_urlsafe(24)
        self._grants[header] = tuple(identity_ids)
        return IdentityGrant(endpoint=f"{self.url()}/msi/token", header=header)

    def revoke(self, header: str) -> None:
        """Forget a header."""
        self._grants.pop(header, None)

    def principal_type(self, principal_id: str) -> str | None:
        """Return the directory's type of a principal, or None when there is none."""
        if principal_id.lower() == self.operator.object_id.lower():
            return "ServicePrincipal"
        known = (str(found.properties.get("principalId", "")) for found in self.state.of_type(IDENTITY_TYPE))
        return "ServicePrincipal" if principal_id.lower() in {one.lower() for one in known} else None

    def principal(self, identity_id: str) -> Principal | None:
        """Return the principal of a user-assigned identity, or None when it does not exist."""
        found = self.state.get(identity_id)
        return None if found is None or found.type != IDENTITY_TYPE else _principal(found)

    def headers(self) -> frozenset[str]:
        """Return the headers that tokens are given out for, for what must not show them."""
        return frozenset({self.operator_header, *self._grants})

    def named_principals(self) -> dict[str, Principal]:
        """Return every principal of the directory by the name that people read."""
        known = {found.name: _principal(found) for found in self.state.of_type(IDENTITY_TYPE)}
        return {"seatrial-operator": self.operator, **known}

    async def handle(self, request: web.Request) -> web.Response:
        """Answer `GET /msi/token`."""
        header = request.headers.get("X-IDENTITY-HEADER", "")
        if request.query.get("api-version") != _VERSION:
            return _refused(400, f"api-version must be {_VERSION}, not {request.query.get('api-version')!r}")
        resource = request.query.get("resource")
        if not resource:
            return _refused(400, "the query parameter 'resource' is missing")
        if secrets.compare_digest(_bytes(header), _bytes(self.operator_header)):
            return self._token(self.operator, resource)
        granted = self._grants.get(header)
        if granted is None:
            return _refused(401, "the X-IDENTITY-HEADER is not one that this endpoint gave out")
        chosen = self._chosen(request, granted)
        if chosen is None:
            return _refused(
                400,
                "No User Assigned or Delegated Managed Identity found for specified "
                "ClientId/ResourceId/PrincipalId.",
            )
        return self._token(chosen, resource)

    def _chosen(self, request: web.Request, granted: tuple[str, ...]) -> Principal | None:
        wanted = {
            "client_id": request.query.get("client_id"),
            "object_id": request.query.get("object_id") or request.query.get("principal_id"),
            "resource_id": request.query.get("mi_res_id"),
        }
        for identity_id in granted:
            principal = self.principal(identity_id)
            if principal is None:
                continue
            if any(
                value and str(getattr(principal, name)).lower() == value.lower()
                for name, value in wanted.items()
            ):
                return principal
        return None

    def _token(self, principal: Principal, resource: str) -> web.Response:
        token, expires = self.directory.issue(principal, resource)
        body = {
            "access_token": token,
            "expires_on": str(expires),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": principal.client_id,
        }
        return web.json_response(body)


def _principal(found: Resource) -> Principal:
    return Principal(
        object_id=str(found.properties["principalId"]),
        client_id=str(found.properties["clientId"]),
        resource_id=found.id.path,
    )


def _bytes(header: str) -> bytes:
    """Return a header as it came; `compare_digest` takes text only when it is ASCII."""
    return header.encode("utf-8", "surrogateescape")


def _refused(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)
