"""Who may do what in the registry: ACR's token exchange on top of role assignments."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from infra.twin.arm.behaviour import Resource, ResourceStore
from infra.twin.identity.roles import may
from infra.twin.identity.tokens import Directory, InvalidTokenError
from infra.twin.identity.uses import NoteUse, nowhere
from infra.twin.network.reach import unreached

REGISTRIES = "Microsoft.ContainerRegistry/registries"
PULL = f"{REGISTRIES}/pull/read"
PUSH = f"{REGISTRIES}/push/write"
LOGIN_USER = "00000000-0000-0000-0000-000000000000"
ISSUER = "seatrial-registry"
AUDIENCES = (
    "https://containerregistry.azure.net",
    "https://management.azure.com",
    "https://management.core.windows.net",
)
_REFRESH_SECONDS = 3 * 3600


class AccessDeniedError(Exception):
    """Say that a token or a right is missing; `scope` is what was asked for."""

    def __init__(self, reason: str, scope: list[dict[str, Any]] | None = None) -> None:
        super().__init__(reason)
        self.scope = scope or []


class AddressRefusedError(Exception):
    """Say why a caller that comes from the internet is not let in."""


@dataclass(frozen=True, kw_only=True)
class RegistryAccess:
    """Issue registry tokens to principals of the directory."""

    directory: Directory
    state: ResourceStore
    login_server: str
    note_use: NoteUse = nowhere

    def registries(self) -> list[Resource]:
        """Return the registries that answer under the login server."""
        return self.state.of_type(REGISTRIES)

    def exchange(self, access_token: str) -> str:
        """Return a refresh token for a directory token; raise AccessDeniedError or AddressRefusedError."""
        try:
            claims = self.directory.verify(access_token, AUDIENCES)
        except InvalidTokenError as error:
            raise AccessDeniedError(f"the access token is not valid: {error}") from error
        if not self.registries():
            raise AccessDeniedError(f"there is no registry {self.login_server}")
        for registry in self.registries():
            if why := unreached(self.state, str(claims["oid"]), registry.id):
                raise AddressRefusedError(why)
        return self.refresh_token(str(claims["oid"]))

    def refresh_token(self, principal: str) -> str:
        """Return a refresh token of a principal."""
        claims = {"sub": principal, "iss": ISSUER, "aud": self.login_server, "grant_type": "refresh_token"}
        token, _ = self.directory.sign(claims, _REFRESH_SECONDS)
        return token

    def access_token(self, refresh_token: str, scopes: Iterable[str]) -> str:
        """Return an access token for what the principal may do of the scopes; raise AccessDeniedError.

        Without scopes (a login) the token carries no access.
        """
        principal = self._principal(refresh_token)
        asked = [_parse(scope) for entry in scopes for scope in entry.split()]
        granted = [{**entry, "actions": self._granted(principal, entry)} for entry in asked]
        if asked and not any(entry["actions"] for entry in granted):
            raise AccessDeniedError("the principal has no role that grants it", asked)
        access = [entry for entry in granted if entry["actions"]]
        self._note(principal, {action for entry in access for action in entry["actions"]})
        claims = {"sub": principal, "iss": ISSUER, "aud": self.login_server, "access": access}
        token, _ = self.directory.sign(claims)
        return token

    def principal_of(self, access_token: str) -> str | None:
        """Return whose access token this is, or None when it is not one of ours."""
        try:
            return str(self.directory.verify(access_token, (self.login_server,))["sub"])
        except (InvalidTokenError, KeyError):
            return None

    def _principal(self, refresh_token: str) -> str:
        try:
            claims = self.directory.verify(refresh_token, (self.login_server,))
        except InvalidTokenError as error:
            raise AccessDeniedError(f"the refresh token is not valid: {error}") from error
        if claims.get("grant_type") != "refresh_token":
            raise AccessDeniedError("this is no refresh token")
        return str(claims["sub"])

    def _granted(self, principal: str, entry: dict[str, Any]) -> list[str]:
        can_pull = self._may(principal, PULL)
        can_push = self._may(principal, PUSH)
        return [action for action in entry["actions"] if (can_pull if action == "pull" else can_push)]

    def _may(self, principal: str, action: str) -> bool:
        return any(may(self.state, principal, action, registry.id) for registry in self.registries())

    def _note(self, principal: str, actions: Iterable[str]) -> None:
        for registry in self.registries():
            for action in actions:
                self.note_use(principal, PULL if action == "pull" else PUSH, registry.id.path)


def _parse(scope: str) -> dict[str, Any]:
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    return {"type": kind, "name": name, "actions": [one for one in actions.split(",") if one]}
