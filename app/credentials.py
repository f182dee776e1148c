"""What a connection presents to say who it speaks for."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

COOKIE = "seatrial_session"
SUBPROTOCOL = "bearer"


class CredentialKind(StrEnum):
    """Name the ways to say who one is."""

    TOKEN = "token"  # noqa: S105  # a kind, not a secret
    TICKET = "ticket"
    SESSION = "session"


@dataclass(frozen=True, repr=False)
class Credential:
    """Hold one secret that a connection presented; it has no `repr`, so that no log shows it."""

    kind: CredentialKind
    secret: str


def presented(connection: HTTPConnection) -> Credential | None:
    """Return the first credential: header, subprotocol, ticket, cookie; later ones do not count."""
    header = connection.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        return Credential(CredentialKind.TOKEN, token.strip() if scheme.lower() == "bearer" else "")
    offered = connection.scope.get("subprotocols") or []
    if SUBPROTOCOL in offered:
        others = [name for name in offered if name != SUBPROTOCOL]
        return Credential(CredentialKind.TOKEN, others[0] if others else "")
    ticket = connection.query_params.get("ticket")
    if ticket is not None:
        return Credential(CredentialKind.TICKET, ticket)
    session = connection.cookies.get(COOKIE)
    return Credential(CredentialKind.SESSION, session) if session else None


def from_elsewhere(connection: HTTPConnection) -> bool:
    """Say whether another site's page made the browser send this; a cookie must not count then.

    Cookies ignore ports and SameSite ignores them too: on `localhost` that is not protection enough.
    """
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = connection.headers.get("origin")
    if origin is None:
        return False
    hosts = {connection.headers.get("host"), connection.headers.get("x-forwarded-host")}
    try:
        return urlsplit(origin).netloc not in hosts
    except ValueError:
        return True
