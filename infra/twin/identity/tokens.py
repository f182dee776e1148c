"""Tokens of the twin's directory: issued to principals, verified at its endpoints."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

import jwt

from infra.twin.identity.keys import SigningKey

LIFETIME_SECONDS = 3600


class InvalidTokenError(Exception):
    """Say why a token is not believed."""


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Name who a token is about."""

    object_id: str
    client_id: str
    resource_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Directory:
    """Issue and verify RS256 tokens of one tenant."""

    key: SigningKey
    tenant: str
    authority: str

    @property
    def issuer(self) -> str:
        """Return the issuer of managed identities' tokens."""
        return f"{self.authority}/{self.tenant}/v2.0"

    def issue(self, principal: Principal, audience: str) -> tuple[str, int]:
        """Return an access token for a resource, and when it expires (seconds since the epoch)."""
        claims = {
            "oid": principal.object_id,
            "sub": principal.object_id,
            "appid": principal.client_id,
            "azp": principal.client_id,
            "tid": self.tenant,
            "idtyp": "app",
            "iss": self.issuer,
            "aud": audience,
            "ver": "2.0",
        }
        if principal.resource_id is not None:
            claims["xms_mirid"] = principal.resource_id
        return self.sign(claims)

    def issue_user(self, subject: str, audience: str, issuer: str) -> str:
        """Return a token of a user, as the issuer of an `auth: entra` stack would give it."""
        claims = {"sub": subject, "oid": subject, "preferred_username": subject, "tid": self.tenant}
        token, _ = self.sign({**claims, "iss": issuer, "aud": audience, "ver": "2.0"})
        return token

    def sign(self, claims: dict[str, Any], lifetime: int = LIFETIME_SECONDS) -> tuple[str, int]:
        """Return claims as a token, and when it expires."""
        now = int(time.time())
        expires = now + lifetime
        timed = {**claims, "iat": now, "nbf": now - 5, "exp": expires, "jti": str(uuid.uuid4())}
        return jwt.encode(timed, self.key.private, algorithm="RS256", headers={"kid": self.key.kid}), expires

    def verify(self, token: str, audiences: tuple[str, ...]) -> dict[str, Any]:
        """Return the claims of a token for one of these audiences; raise InvalidTokenError."""
        accepted = [
            form for audience in audiences for form in (audience.rstrip("/"), audience.rstrip("/") + "/")
        ]
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self.key.private.public_key(),
                algorithms=["RS256"],
                audience=accepted,
                options={"require": ["exp", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise InvalidTokenError(str(error)) from error
        return claims
