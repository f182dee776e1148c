"""The twin's own signing key: one RSA key per twin, kept in its state."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from infra.twin.arm.store import CorruptedStateError, write_atomically

_BITS = 2048


@dataclass(frozen=True)
class SigningKey:
    """Hold the private key, and its public half in the forms that verifiers read."""

    private: rsa.RSAPrivateKey

    @classmethod
    def load(cls, path: Path) -> "SigningKey":
        """Return the key of a file (mode 0600), making both when there is none."""
        if not path.exists():
            key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
            write_atomically(path, _pem(key), mode=0o600)
            return cls(key)
        try:
            loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except ValueError as error:
            raise CorruptedStateError(
                f"{path} holds no private key ({error}); remove it and start again"
            ) from error
        if not isinstance(loaded, rsa.RSAPrivateKey):
            raise CorruptedStateError(
                f"{path} holds a {type(loaded).__name__}; the twin signs with RSA: remove it"
            )
        return cls(loaded)

    @cached_property
    def kid(self) -> str:
        """Return the key id as libtrust computes it: Distribution finds the key by this name."""
        der = self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        text = base64.b32encode(hashlib.sha256(der).digest()[:30]).decode().rstrip("=")
        return ":".join(text[start : start + 4] for start in range(0, len(text), 4))

    @cached_property
    def jwks(self) -> dict[str, Any]:
        """Return the public half as a JWK set."""
        numbers = self.private.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid}
        return {"keys": [{**key, "n": _base64url(numbers.n), "e": _base64url(numbers.e)}]}

    def certificate(self) -> bytes:
        """Return a self-signed certificate (PEM) of the key, as Distribution's rootcertbundle wants it."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "seatrial-twin")])
        now = datetime.now(UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .sign(self.private, hashes.SHA256())
        )
        return built.public_bytes(serialization.Encoding.PEM)


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
