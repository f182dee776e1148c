"""The door of an account in the twin: Entra tokens with data roles, and the key where it is allowed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from infra.findings.model import Finding
from infra.twin.arm.ids import ResourceId
from infra.twin.database.access.data_roles import DataRoles
from infra.twin.database.access.keys import KeyDoor, signature_of
from infra.twin.database.access.rights import Everything, Rights
from infra.twin.database.calls import Address, Call
from infra.twin.database.problems import (
    LOCAL_AUTH_DISABLED,
    NOT_FOR_TOKENS,
    NOT_PERMITTED,
    TOKEN_FOR_ANOTHER_AUDIENCE,
    CosmosProblem,
)
from infra.twin.identity.tokens import Directory, InvalidTokenError
from infra.twin.identity.uses import NoteUse, nowhere
from infra.twin.network import problems

_LEARN = "Learn more: https://aka.ms/cosmos-native-rbac."


@dataclass(frozen=True, kw_only=True)
class TokenRights(Rights):
    """Hold what a principal may do by its data roles; management is not for tokens."""

    account: ResourceId
    principal: str
    roles: DataRoles
    report: Callable[[Finding], None]
    note_use: NoteUse = nowhere

    def demand(self, action: str, address: Address) -> None:
        """Raise CosmosProblem 403 without a role that grants the action there."""
        if self.roles.allow(self.principal, action, address):
            self.note_use(self.principal, action, self.account.path)
            return
        resource = address.link if address.kind != "account" else "/"
        message = (
            f"Request blocked by Auth {self.account.name} : Request is blocked because principal "
            f"[{self.principal}] does not have required RBAC permissions to perform action [{action}] on "
            f"resource [{resource or '/'}]. {_LEARN}"
        )
        fix = (
            "give the principal Cosmos DB Built-in Data Contributor (00000000-0000-0000-0000-000000000002) "
            "at the account, with Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"
        )
        self.report(Finding(code="ST025", resource=self.account.path, message=message, fix=fix))
        raise CosmosProblem(403, message, sub_status=NOT_PERMITTED)

    def demand_management(self, call: Call) -> None:
        """Raise CosmosProblem 403: tokens do not create databases and containers."""
        path = "/" + call.path.strip("/")
        raise CosmosProblem(
            403,
            f"Request blocked by Auth {self.account.name} : The given request [{call.method} {path[:200]}] "
            f"cannot be authorized by AAD token in data plane. {_LEARN}",
            sub_status=NOT_FOR_TOKENS,
        )


class KeyRights(Everything):
    """Permit everything but management, which is the program's (ARM's) alone."""

    def demand_management(self, call: Call) -> None:
        """Raise CosmosProblem 403, as an account that knows no metadata writes by key."""
        raise CosmosProblem(
            403,
            f"Operation '{call.method}' on resource '/{call.path.strip('/')[:200]}' is not allowed through "
            "Azure Cosmos DB endpoint. Please perform this operation through Azure Resource Manager: declare "
            "the database or container in the program.",
        )


@dataclass(frozen=True, kw_only=True)
class AccountDoor:
    """Admit to one account: by token always, by key unless the account has disableLocalAuth."""

    account: ResourceId
    directory: Directory
    roles: DataRoles
    key: KeyDoor
    key_allowed: Callable[[], bool]
    hosts: tuple[str, ...]
    report: Callable[[Finding], None]
    unreached: Callable[[str], str | None] = lambda _: None
    """Says why a principal's app does not reach an account that is closed to the internet, or None."""
    note_use: NoteUse = nowhere

    @property
    def audiences(self) -> tuple[str, ...]:
        """Return what a token may be for; the SDK asks for its endpoint's host without the port."""
        own = f"https://{self.account.name.lower()}.documents.azure.com"
        return (own, "https://cosmos.azure.com", *(f"https://{host}" for host in self.hosts))

    def enter(self, call: Call, address: Address) -> Rights:
        """Return the caller's rights; raise CosmosProblem 401 or 403."""
        signature = signature_of(call)
        if signature.kind == "aad":
            principal = self._principal(signature.value)
            self._check_way(principal)
            return TokenRights(
                account=self.account,
                principal=principal,
                roles=self.roles,
                report=self.report,
                note_use=self.note_use,
            )
        if not self.key_allowed():
            message = "Local Authorization is disabled. Use an AAD token to authorize all requests."
            raise CosmosProblem(401, message, sub_status=LOCAL_AUTH_DISABLED)
        self.key.enter(call, address)
        return KeyRights()

    def _check_way(self, principal: str) -> None:
        why = self.unreached(principal)
        if why is None:
            return
        message = (
            "Request originated from IP 127.0.0.1 through public internet. This is blocked by your Cosmos DB "
            "account firewall settings. More info: https://aka.ms/cosmosdb-tsg-forbidden"
        )
        self.report(problems.closed(self.account.path, message, why))
        raise CosmosProblem(403, message)

    def _principal(self, token: str) -> str:
        try:
            claims = self.directory.verify(token, self.audiences)
        except InvalidTokenError as error:
            raise self._disbelieved(token, error) from error
        if not claims.get("oid"):
            raise CosmosProblem(401, f"{self._blocked} Provided AAD token has no oid claim.")
        return str(claims["oid"])

    def _disbelieved(self, token: str, error: Exception) -> CosmosProblem:
        claims = _unverified(token)
        expires = claims.get("exp")
        if isinstance(expires, int | float) and expires < time.time():
            since, now = _shown(expires), _shown(time.time())
            return CosmosProblem(
                401,
                f"{self._blocked} Provided AAD token has been expired since [{since}]. Current server time "
                f"is [{now}]. Please refresh the AAD token.",
            )
        audience = str(claims.get("aud", ""))
        if audience.rstrip("/") not in self.audiences:
            return CosmosProblem(
                401,
                f"{self._blocked} Provided AAD token is intended for [{audience[:200]}]. This database "
                f"account accepts tokens intended for [{', '.join(self.audiences)}].",
                sub_status=TOKEN_FOR_ANOTHER_AUDIENCE,
            )
        return CosmosProblem(401, f"{self._blocked} Provided AAD token is invalid: {error}.")

    @property
    def _blocked(self) -> str:
        return f"Request blocked by Auth {self.account.name} :"


def _unverified(token: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return {}
    return claims


def _shown(moment: float) -> str:
    at = datetime.fromtimestamp(min(moment, 253_402_300_799), UTC)
    return f"{at:%m/%d/%Y %H:%M:%S} (UTC)"
