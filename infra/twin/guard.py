"""Who may talk to the twin: its own names in the Host header, its token, its operator."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from infra.twin.arm.behaviour import ArmProblem, ResourceStore
from infra.twin.identity.actions import action_of
from infra.twin.identity.roles import has_any_role, may
from infra.twin.identity.tokens import Directory, InvalidTokenError, Principal
from infra.twin.identity.uses import NoteUse, nowhere

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# The twin's own routes lie outside ARM: who may grant roles may do everything there.
ANY_READ = "Microsoft.Resources/subscriptions/read"
GRANTING = "Microsoft.Authorization/roleAssignments/write"
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
    """Authenticate callers of ARM and check their roles.

    The token in twin.json stands for the operator; others come with a token of the directory, and do what
    their role assignments grant, action by action.
    """

    token: str
    operator: Principal
    directory: Directory
    state: ResourceStore
    subscription: str
    note_use: NoteUse = nowhere

    def __call__(self, request: web.Request) -> str:
        """Return the principal id of a caller who may do this; raise ArmProblem 401 or 403."""
        principal, client = self._identified(request)
        action, scope = self._asked(request)
        if principal == self.operator.object_id and client is None:
            if request.path.lower().startswith("/subscriptions/"):
                self.note_use(principal, action, scope)
            return principal
        if not may(self.state, principal, action, scope):
            message = (
                f"The client '{client}' with object id '{principal}' does not have authorization to "
                f"perform action '{action}' over scope '{scope}' or the scope is invalid. If access was "
                "recently granted, please refresh your credentials."
            )
            raise ArmProblem(403, "AuthorizationFailed", message)
        self.note_use(principal, action, scope)
        return principal

    def identify(self, request: web.Request) -> str:
        """Return a caller's principal id, whatever its roles; raise ArmProblem 401."""
        return self._identified(request)[0]

    def sees(self, principal: str) -> bool:
        """Say whether the subscription is one of the principal's."""
        return principal == self.operator.object_id or has_any_role(self.state, principal)

    def _asked(self, request: web.Request) -> tuple[str, str]:
        path = request.path.rstrip("/")
        if path.lower().startswith("/subscriptions/"):
            return action_of(request.method, path), path
        reads = request.method in {"GET", "HEAD"}
        return (ANY_READ if reads else GRANTING), f"/subscriptions/{self.subscription}"

    def _identified(self, request: web.Request) -> tuple[str, str | None]:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            message = "Authentication failed. The 'Authorization' header is missing or not a bearer token."
            raise ArmProblem(401, "AuthenticationFailed", message)
        if secrets.compare_digest(given.encode(), self.token.encode()):
            return self.operator.object_id, None
        try:
            claims = self.directory.verify(given, ARM_AUDIENCES)
        except InvalidTokenError as error:
            raise ArmProblem(
                401, "InvalidAuthenticationToken", f"The access token is invalid: {error}."
            ) from error
        return str(claims["oid"]), str(claims.get("appid"))
