"""Public keys that sign tokens, and what a token must say to be believed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})
LEEWAY_SECONDS = 30
SUBJECT_CHARACTERS = 256


class TokenRefusedError(Exception):
    """Say why a token is not believed, without repeating any of it."""


@dataclass(frozen=True)
class KeySet:
    """Hold public keys by key id; a key without an id has the empty one."""

    keys: Mapping[str, jwt.PyJWK]

    def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """Return the key of that id, or the only key there is where a token names none."""
        if key_id is None and len(self.keys) == 1:
            return next(iter(self.keys.values()))
        return self.keys.get(key_id or "")


@dataclass(frozen=True, kw_only=True)
class Expectations:
    """Say what a token must hold beside a good signature."""

    issuer: str | None = None
    audience: str | None = None


def read_key_set(source: str) -> KeySet:
    """Read a JWK set, inline or from the file of that name; ValueError says what is wrong with it."""
    text = source.strip()
    if not text.startswith("{"):
        text = _file(text)
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError(
            f"AUTH_JWKS is not JSON: {error}. Give a JWK set, inline or as a file's path"
        ) from error
    return parse_key_set(document)


def parse_key_set(document: Any, *, skip_unknown: bool = False) -> KeySet:
    """Build a key set from a JWK set's JSON; only public keys for signatures are taken.

    An issuer may publish kinds of keys that came after this app: `skip_unknown` leaves them out.
    """
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise ValueError(
            'AUTH_JWKS holds no key. Expected {"keys": [{"kty": …}]} with one public key or more'
        )
    signing = [entry for entry in entries if not isinstance(entry, dict) or entry.get("use", "sig") == "sig"]
    keys = [_key(entry) for entry in signing if not skip_unknown or _known_kind(entry)]
    return KeySet({key.key_id or "": key for key in keys})


def subject_of(token: str, key: jwt.PyJWK | None, expected: Expectations) -> str:
    """Return whom the token speaks for, or raise TokenRefusedError."""
    if key is None:
        raise TokenRefusedError("its signing key is not known here")
    try:
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm_name],
            issuer=expected.issuer,
            audience=expected.audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "sub"], "verify_aud": expected.audience is not None},
        )
    except jwt.InvalidTokenError as error:
        raise TokenRefusedError(_reason(error)) from error
    subject = claims["sub"]
    if (
        not isinstance(subject, str)
        or not 0 < len(subject) <= SUBJECT_CHARACTERS
        or not subject.isprintable()
    ):
        raise TokenRefusedError("its subject is not 1 to 256 printable characters")
    return subject


def key_id_of(token: str) -> str | None:
    """Return the key id that the token's header names."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise TokenRefusedError("it is not a JSON Web Token") from error
    return header.get("kid")


def _file(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ValueError(
            f"AUTH_JWKS={path!r} is neither a JWK set nor a readable file: {type(error).__name__}"
        ) from error


def _known_kind(entry: Any) -> bool:
    return not isinstance(entry, dict) or entry.get("kty") in ALGORITHMS


def _key(entry: Any) -> jwt.PyJWK:
    kind = entry.get("kty") if isinstance(entry, dict) else None
    if kind not in ALGORITHMS:
        raise ValueError(
            f"AUTH_JWKS holds a key of type {kind!r}. Allowed: {', '.join(ALGORITHMS)} public keys"
        )
    if PRIVATE_MEMBERS & entry.keys():
        raise ValueError("AUTH_JWKS holds a private key. Deploy the public half alone")
    named = entry.get("alg")
    if named is not None and named not in ALGORITHMS[kind]:
        allowed = ", ".join(ALGORITHMS[kind])
        raise ValueError(f"AUTH_JWKS holds a {kind} key for {named!r}. Allowed: {allowed}")
    try:
        # The key decides the algorithm, never the token.
        return jwt.PyJWK.from_dict(entry)
    except jwt.PyJWTError as error:
        raise ValueError(f"AUTH_JWKS holds a {kind} key that cannot be read: {error}") from error


def _reason(error: Exception) -> str:
    reasons: tuple[tuple[type[Exception], str], ...] = (
        (jwt.ExpiredSignatureError, "it has expired"),
        (jwt.ImmatureSignatureError, "it is not valid yet"),
        (jwt.InvalidAudienceError, "its audience is another one"),
        (jwt.InvalidIssuerError, "its issuer is another one"),
        (jwt.MissingRequiredClaimError, "it lacks a required claim (exp, sub)"),
        (jwt.InvalidAlgorithmError, "its algorithm is not the key's"),
        (jwt.InvalidSignatureError, "its signature is wrong"),
    )
    return next((text for kind, text in reasons if isinstance(error, kind)), "it is not a JSON Web Token")
