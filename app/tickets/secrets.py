"""Single-use tickets and the page's sessions; the store sees digests alone."""

import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol

TICKET_SECONDS = 30
SECRET_CHARACTERS = 256


class SecretStore(Protocol):
    """Keep digests of secrets with their user until they expire."""

    async def put_secret(self, kind: str, digest: str, user: str, expires_at: datetime) -> None:
        """Keep a digest."""
        ...

    async def take_secret(self, kind: str, digest: str, now: datetime) -> str | None:
        """Remove a digest and return its user."""
        ...

    async def peek_secret(self, kind: str, digest: str, now: datetime) -> str | None:
        """Return a digest's user."""
        ...


class SecretBook:
    """Issue tickets and sessions and recognise them."""

    def __init__(self, store: SecretStore, *, session_hours: float) -> None:
        self._store = store
        self.session_seconds = int(session_hours * 3_600)

    async def issue_ticket(self, user: str) -> str:
        """Return a ticket that is good once, for 30 seconds."""
        return await self._issue("ticket", user, TICKET_SECONDS)

    async def redeem_ticket(self, ticket: str) -> str | None:
        """Use up a ticket and return its user; None where it is unknown, used or too old."""
        return await self._store.take_secret("ticket", _digest(ticket), _now())

    async def issue_session(self, user: str) -> str:
        """Return the secret of a new session."""
        return await self._issue("session", user, self.session_seconds)

    async def session_user(self, session: str) -> str | None:
        """Return a session's user; None where it is unknown or over."""
        return await self._store.peek_secret("session", _digest(session), _now())

    async def _issue(self, kind: str, user: str, seconds: int) -> str:
        secret = secrets.token_urlsafe(32)
        await self._store.put_secret(kind, _digest(secret), user, _now() + timedelta(seconds=seconds))
        return secret


def _digest(secret: str) -> str:
    return sha256(secret[:SECRET_CHARACTERS].encode("utf-8", "surrogatepass")).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)
