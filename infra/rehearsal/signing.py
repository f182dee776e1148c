"""The developer's own signing key: its public half is deployed, its private half never leaves."""

import base64
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from infra.project import Project

FILE_NAME = "developer.json"
DEFAULT_TTL_SECONDS = 3_600
LONGEST_TTL_SECONDS = 30 * 24 * 3_600
PUBLIC_MEMBERS = ("kty", "crv", "x", "y", "kid", "alg", "use")
THUMBPRINT_MEMBERS = ("crv", "kty", "x", "y")


class KeyFileError(Exception):
    """Say why the developer's key file cannot be used."""


@dataclass(frozen=True)
class DeveloperKey:
    """Sign tokens for the stacks whose `auth` is `key`."""

    private: dict[str, Any]

    @classmethod
    def of(cls, project: Project) -> "DeveloperKey":
        """Return the project's key; make it, readable by its owner alone, when there is none."""
        path = project.keys / FILE_NAME
        try:
            return cls(_checked(path, path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls(_make(path))
        except OSError as error:
            raise KeyFileError(f"{path} cannot be read: {error.strerror}; delete it for a new key") from error

    @property
    def jwks(self) -> dict[str, Any]:
        """Return the public JWK set."""
        return {"keys": [{name: self.private[name] for name in PUBLIC_MEMBERS}]}

    def sign(self, user: str, ttl: int = DEFAULT_TTL_SECONDS) -> str:
        """Return a token that speaks for `user` for `ttl` seconds."""
        if not 0 < ttl <= LONGEST_TTL_SECONDS:
            raise ValueError(f"a token lives 1 to {LONGEST_TTL_SECONDS} seconds, not {ttl}")
        now = int(time.time())
        claims = {"sub": user, "iss": "seatrial-developer", "iat": now, "exp": now + ttl}
        key = ECAlgorithm.from_jwk(self.private)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise KeyFileError("the developer's key holds no private half; delete it for a new key")
        return jwt.encode(claims, key, algorithm="ES256", headers={"kid": self.private["kid"]})


def _make(path: Path) -> dict[str, Any]:
    public = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True)
    members = {**public, "use": "sig", "alg": "ES256"}
    members["kid"] = _thumbprint(members)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(members, file)
    try:
        # A link fails where the file exists: of two first uses at once, one key wins.
        os.link(draft, path)
    except FileExistsError:
        members = _checked(path, path.read_text(encoding="utf-8"))
    finally:
        draft.unlink()
    return members


def _thumbprint(members: dict[str, Any]) -> str:
    """Return the key's RFC 7638 thumbprint."""
    canonical = json.dumps({name: members[name] for name in THUMBPRINT_MEMBERS}, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _checked(path: Path, text: str) -> dict[str, Any]:
    try:
        members = json.loads(text)
    except ValueError as error:
        raise KeyFileError(f"{path} is not JSON: {error}; delete it for a new key") from error
    missing = [name for name in (*PUBLIC_MEMBERS, "d") if name not in members]
    if missing:
        raise KeyFileError(f"{path} lacks {', '.join(missing)}; delete it for a new key")
    return dict(members)
