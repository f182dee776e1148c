"""Who may talk to the twin: its own names in the Host header, its token, its operator."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from infra.twin.arm.behaviour import ArmProblem, ResourceStore
from infra.twin.identity.roles import WRITERS, allowed
from infra.twin.identity.tokens import Directory, InvalidTokenError, Principal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ARM_AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")


def known_hosts(gateway: str | None) -> Middleware:
    """Return a middleware that refuses Host headers other than the twin's own: no DNS rebinding."""
    names = {"localhost", "127.0.0.1", "host.docker.internal"} | ({gateway} if gateway else set())

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.host.rsplit(":", 1)[0]
        if host not in names:
            text = f"the host {host!r} is not this twin; it answers as {', '.join(sorted(names))}"
            return web.json_response({"error": {"code": "UnknownHost", "message": text}}, status=421)
        return await handler(request)

    return check


@dataclass(frozen=True, kw_only=True)
class Gatekeeper:
    """Authenticate callers of ARM: the token in twin.json, or a directory token with a writing role."""

    token: str
    operator: Principal
    directory: Directory
    state: ResourceStore
    subscription: str

    def __call__(self, request: web.Request) -> str:
        """Return the caller's principal id; raise ArmProblem 401 or 403."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            message = "Authentication failed. The 'Authorization' header is missing or not a bearer token."
            raise ArmProblem(401, "AuthenticationFailed", message)
        if secrets.compare_digest(given.encode(), self.token.encode()):
            return self.operator.object_id
        return self._by_role(request, given)

    def _by_role(self, request: web.Request, given: str) -> str:
        try:
            claims = self.directory.verify(given, ARM_AUDIENCES)
        except InvalidTokenError as error:
            raise ArmProblem(
                401, "InvalidAuthenticationToken", f"The access token is invalid: {error}."
            ) from error
        principal = str(claims["oid"])
        scope = (
            request.path
            if request.path.startswith("/subscriptions/")
            else f"/subscriptions/{self.subscription}"
        )
        if not allowed(self.state, principal, WRITERS, scope):
            action = {"GET": "read", "HEAD": "read", "DELETE": "delete"}.get(request.method, "write")
            message = (
                f"The client '{claims.get('appid')}' with object id '{principal}' does "
                "not have authorization to "
                f"perform action '{action}' over scope '{scope}' or the scope is invalid. "
                "If access was recently "
                "granted, please refresh your credentials."
            )
            raise ArmProblem(403, "AuthorizationFailed", message)
        return principal
