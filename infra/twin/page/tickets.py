"""Ways in: a ticket that is good once, and the session that it buys."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

TICKET_SECONDS = 600.0
MOST_TICKETS, MOST_SESSIONS = 100, 32


@dataclass
class Tickets:
    """Give out tickets and sessions; both are kept as digests, and end with the twin."""

    clock: Callable[[], float] = time.monotonic
    _tickets: dict[str, float] = field(default_factory=dict)
    _sessions: dict[str, None] = field(default_factory=dict)

    def issue(self) -> str:
        """Return a new ticket, good once and for ten minutes."""
        ticket = secrets.token_urlsafe(24)
        self._tickets[_digest(ticket)] = self.clock() + TICKET_SECONDS
        while len(self._tickets) > MOST_TICKETS:
            del self._tickets[next(iter(self._tickets))]
        return ticket

    def redeem(self, ticket: str) -> str | None:
        """Return a new session for a ticket, or None for one that is used, too old or unknown."""
        expires = self._tickets.pop(_digest(ticket), None)
        if expires is None or self.clock() > expires:
            return None
        session = secrets.token_urlsafe(24)
        self._sessions[_digest(session)] = None
        while len(self._sessions) > MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        return session

    def admits(self, session: str) -> bool:
        """Say whether a session is one of these."""
        return _digest(session) in self._sessions


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
