"""A client of Key Vault's REST interface for secrets. No value is ever in an error or a repr."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

API_VERSION = "7.4"
AUDIENCE = "https://vault.azure.net"
_MOST_WORDS = 600
_HINTS = {
    "ForbiddenByRbac": (
        "Give yourself the role once, at the vault: az role assignment create --role 'Key Vault Secrets "
        "Officer' --assignee YOUR_OBJECT_ID --scope VAULT_ID; Owner is not enough, and it takes minutes."
    ),
    "ForbiddenByConnection": "Run this where the vault's network admits you.",
    "ObjectIsDeletedButRecoverable": "Take the deletion back first: `seatrial secret recover NAME`.",
    "SecretNotFound": "See what there is with `seatrial secret list`.",
}


class VaultError(Exception):
    """Carry a vault's refusal in its own words; `hint` is the next step."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    @classmethod
    def read(cls, answer: httpx.Response) -> "VaultError":
        """Return what an answer refuses."""
        try:
            error = answer.json()["error"]
            code = str(error["code"])
            inner = str((error.get("innererror") or {}).get("code") or code)
            said = " ".join(str(error.get("message", "")).split())[:_MOST_WORDS]
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls(f"the vault answered HTTP {answer.status_code} without saying why")
        return cls(f"{inner}: {said}", _HINTS.get(inner))


@dataclass(frozen=True, kw_only=True)
class KnownSecret:
    """Say of a secret what is no secret."""

    name: str
    enabled: bool
    updated: datetime


@dataclass
class VaultClient:
    """Speak to one vault; `http` has its address as the base, `token` gives one for AUDIENCE."""

    http: httpx.Client = field(repr=False)
    token: Callable[[], str] = field(repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def set(self, name: str, value: str) -> str:
        """Add a value, and return the version that it got; raise VaultError."""
        made = self._send("PUT", f"/secrets/{name}", {"value": value})
        return str(made["id"]).rpartition("/")[2]

    def list(self) -> tuple[KnownSecret, ...]:
        """Return every secret without its value, by name; raise VaultError."""
        found: dict[str, KnownSecret] = {}
        page = self._send("GET", "/secrets")
        while True:
            for one in page["value"]:
                known = _known(one)
                found[known.name] = known
            following = page.get("nextLink")
            if not following:
                return tuple(found[name] for name in sorted(found))
            page = self._send("GET", str(following))

    def delete(self, name: str) -> None:
        """Delete a secret so that it can be recovered; raise VaultError."""
        self._send("DELETE", f"/secrets/{name}")

    def recover(self, name: str) -> None:
        """Take a deletion back; raise VaultError."""
        self._send("POST", f"/deletedsecrets/{name}/recover")

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.http.request(
            method,
            path,
            json=body,
            params=None if "api-version=" in path else {"api-version": API_VERSION},
            headers={"Authorization": f"Bearer {self.token()}"},
        )
        if answer.is_error:
            raise VaultError.read(answer)
        return dict(answer.json())


def _known(body: dict[str, Any]) -> KnownSecret:
    attributes = body["attributes"]
    return KnownSecret(
        name=str(body["id"]).rpartition("/")[2],
        enabled=bool(attributes["enabled"]),
        updated=datetime.fromtimestamp(attributes["updated"], UTC),
    )
