"""Who asks: one dependency, `current_user`, decides for every transport."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from app.credentials import Credential, CredentialKind, from_elsewhere, presented
from app.errors import FieldProblem, InvalidRequestError, UnauthenticatedError
from app.key_sources import FetchedKeys, FixedKeys, KeySource
from app.keys import Expectations, TokenRefusedError, key_id_of, subject_of
from app.services import services_of
from app.settings import AuthSettings
from app.tickets.secrets import SecretBook
from frmk.errors import FieldError
from frmk.runs.ids import check_id

ANYONE = "local"
USER_HEADER = "x-user-id"
_MEMO = "seatrial.identity"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Hold who a connection speaks for; in mode `open` each request may say somebody else."""

    user: str
    open: bool = False

    def speaking_for(self, user_id: str | None) -> str:
        """Return the user of one request; a `user_id` in it counts in mode `open` alone."""
        return _legal(user_id) if self.open and user_id is not None else self.user


class Authenticator:
    """Tell from what a connection presents who it speaks for."""

    def __init__(self, settings: AuthSettings, secrets: SecretBook) -> None:
        self._open = settings.mode == "open"
        self._keys = _key_source(settings)
        self._expected = Expectations(issuer=settings.issuer, audience=settings.audience)
        self._secrets = secrets

    async def identify(self, connection: HTTPConnection) -> Identity:
        """Return who asks, or raise UnauthenticatedError."""
        if self._open:
            if from_elsewhere(connection):
                raise UnauthenticatedError(
                    "Another site's page sent this request: without tokens only this app's own page may."
                )
            return Identity(user=_legal(connection.headers.get(USER_HEADER, ANYONE)), open=True)
        credential = presented(connection)
        if credential is None:
            raise UnauthenticatedError(
                "Nobody is signed in. Send Authorization: Bearer <token>; "
                "`seatrial token --user NAME` signs one."
            )
        return Identity(user=await self._user(credential, connection))

    async def _user(self, credential: Credential, connection: HTTPConnection) -> str:
        if credential.kind is CredentialKind.TOKEN:
            return await self._by_token(credential.secret)
        if credential.kind is CredentialKind.TICKET:
            user = await self._secrets.redeem_ticket(credential.secret)
            refusal = (
                "The ticket is unknown, used or older than 30 s. POST /api/v1/tickets gives another one."
            )
        elif from_elsewhere(connection):
            raise UnauthenticatedError(
                "Another site's page sent this request: the session does not count there."
            )
        else:
            user = await self._secrets.session_user(credential.secret)
            refusal = "The session is over. Open the page again with a ticket: `seatrial open`."
        if user is None:
            raise UnauthenticatedError(refusal)
        return user

    async def _by_token(self, token: str) -> str:
        try:
            key = await self._keys.find(key_id_of(token))
            return subject_of(token, key, self._expected)
        except TokenRefusedError as error:
            raise UnauthenticatedError(f"The token is refused: {error}.") from error


async def authenticate(connection: HTTPConnection) -> Identity:
    """Return who asks; decided once per connection, since a ticket is used up by asking."""
    known = connection.scope.get(_MEMO)
    if isinstance(known, Identity):
        return known
    services = services_of(connection)
    try:
        identity = await services.authenticator.identify(connection)
    except UnauthenticatedError:
        services.metrics.refused.inc()
        services.limiter.failed(connection.client.host if connection.client else "unknown")
        raise
    connection.scope[_MEMO] = identity
    return identity


async def current_user(connection: HTTPConnection) -> str:
    """Return the user that this request speaks for and count it against the user's rate."""
    identity = await authenticate(connection)
    user = identity.speaking_for(await _user_in_body(connection) if identity.open else None)
    services_of(connection).limiter.admit(user)
    return user


CurrentUser = Annotated[str, Depends(current_user)]


async def _user_in_body(connection: HTTPConnection) -> str | None:
    if not isinstance(connection, Request) or connection.method == "GET":
        return None
    if not connection.headers.get("content-type") or not await connection.body():
        return None
    body = await connection.json()
    user = body.get("user_id") if isinstance(body, dict) else None
    return user if isinstance(user, str) else None


def _legal(user: str) -> str:
    try:
        return check_id(user, "user_id")
    except FieldError as error:
        raise InvalidRequestError([FieldProblem(field="user_id", message=str(error))]) from error


def _key_source(settings: AuthSettings) -> KeySource:
    if settings.mode == "key":
        return FixedKeys(settings.keys())
    return FetchedKeys(settings.jwks_url or "")
