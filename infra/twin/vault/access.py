"""The door of a vault: tokens of the directory, and roles with data actions; keys do not exist here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.twin.arm.behaviour import ResourceStore
from infra.twin.arm.ids import ResourceId
from infra.twin.identity.roles import may_on_data
from infra.twin.identity.tokens import Directory, InvalidTokenError
from infra.twin.identity.uses import NoteUse, nowhere
from infra.twin.network.reach import unreached
from infra.twin.vault.problems import VaultProblem

AUDIENCE = "https://vault.azure.net"
_SECRETS = "Microsoft.KeyVault/vaults/secrets"
GET = f"{_SECRETS}/getSecret/action"
SET = f"{_SECRETS}/setSecret/action"
UPDATE = f"{_SECRETS}/update/action"
READ_METADATA = f"{_SECRETS}/readMetadata/action"
DELETE = f"{_SECRETS}/delete"
RECOVER = f"{_SECRETS}/recover/action"
PURGE = f"{_SECRETS}/purge/action"


@dataclass(frozen=True, kw_only=True)
class VaultDoor:
    """Admit to one vault by token and role; `operator` is who runs the twin, and may do everything."""

    vault: ResourceId
    directory: Directory
    state: ResourceStore
    operator: str
    challenge: Callable[[], str]
    note_use: NoteUse = nowhere

    def enter(self, authorization: str, action: str, secret: str) -> None:
        """Raise VaultProblem unless the caller may do this with a secret (all of them: an empty name)."""
        claims = self._claims(authorization)
        principal = str(claims.get("oid", ""))
        if principal.lower() == self.operator.lower():
            return
        if why := unreached(self.state, principal, self.vault):
            raise self._by_connection(claims, why)
        if not self._properties().get("enableRbacAuthorization"):
            raise self._by_policy(claims)
        scope = f"{self.vault}/secrets/{secret}" if secret else self.vault.path
        if not may_on_data(self.state, principal, action, scope):
            raise self._by_role(claims, action, scope)
        self.note_use(principal, action, self.vault.path)

    def _claims(self, authorization: str) -> dict[str, Any]:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise VaultProblem(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
        try:
            return self.directory.verify(token, (AUDIENCE,))
        except InvalidTokenError as error:
            message = f"AKV10022: Invalid token: {error}. Expected a token for {AUDIENCE}."
            raise VaultProblem(401, "Unauthorized", message) from error

    def _properties(self) -> dict[str, Any]:
        found = self.state.get(self.vault)
        return found.properties if found else {}

    def _by_role(self, claims: dict[str, Any], action: str, scope: str) -> VaultProblem:
        message = (
            "Caller is not authorized to perform action on resource.\r\n"
            "If role assignments, deny assignments or role definitions were changed recently, please observe "
            f"propagation time.\r\nCaller: {_caller(claims)}\r\nAction: '{action}'\r\n"
            f"Resource: '{scope}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\n"
            "DecisionReason: 'DeniedWithNoValidRBAC' \r\n"
            f"Vault: {self.vault.name};location={self._location()}\r\n"
        )
        return VaultProblem(403, "Forbidden", message, "ForbiddenByRbac")

    def _by_connection(self, claims: dict[str, Any], why: str) -> VaultProblem:
        message = (
            "Public network access is disabled and request is not from a trusted service nor via an approved "
            f"private link.\r\nCaller: {_caller(claims)}\r\n"
            f"Vault: {self.vault.name};location={self._location()}\r\nIn the twin: {why}."
        )
        return VaultProblem(403, "Forbidden", message, "ForbiddenByConnection")

    def _by_policy(self, claims: dict[str, Any]) -> VaultProblem:
        message = (
            f"The user, group or application '{_caller(claims)}' does not have secrets permission on key "
            f"vault '{self.vault.name};location={self._location()}'. The vault has no role-based access "
            "(enableRbacAuthorization), and the twin knows no access policies."
        )
        return VaultProblem(403, "Forbidden", message, "ForbiddenByPolicy")

    def _location(self) -> str:
        found = self.state.get(self.vault)
        return str(found.body.get("location", "")) if found else ""


def _caller(claims: dict[str, Any]) -> str:
    return f"appid={claims.get('appid')};oid={claims.get('oid')};iss={claims.get('iss')}"
