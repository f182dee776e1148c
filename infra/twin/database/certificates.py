"""The database's certificate: a CA made once for a state folder, and a certificate that it signs.

The CA's private key stays in the folder (mode 0600); clients get the CA's certificate alone.
"""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.twin.arm.store import CorruptedStateError, write_atomically

_CA_LIFETIME = timedelta(days=3650)
_LIFETIME = timedelta(days=397)
_RENEWED_BEFORE = timedelta(days=30)
_NAMES = ("localhost", "host.docker.internal")
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Certificates:
    """Hold the files: what clients trust, and what the server shows."""

    authority: Path
    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return the server's TLS context."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.chain, self.key)
        return context

    def trust(self) -> ssl.SSLContext:
        """Return a client's TLS context that believes this authority alone."""
        return ssl.create_default_context(cafile=self.authority)


def load(folder: Path, gateway: str | None = None) -> Certificates:
    """Return the certificates of a folder, made or renewed as needed; raise CorruptedStateError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server-key.pem")
    key_file = folder / "ca-key.pem"
    if not files.authority.exists() or not key_file.exists():
        _make_authority(files.authority, key_file)
        files.chain.unlink(missing_ok=True)
    addresses = {_LOOPBACK, gateway} if gateway else {_LOOPBACK}
    try:
        if not _is_usable(files, addresses):
            _make_server(files, key_file, sorted(addresses))
    except (ValueError, TypeError) as error:
        raise CorruptedStateError(
            f"{folder} holds a certificate or key that cannot be read ({error}); remove its .pem files"
        ) from error
    return files


def _make_authority(certificate: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Sea Trial twin database CA")
    built = (
        _builder(name, name, key.public_key(), _CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_atomically(key_file, _pem(key))
    write_atomically(certificate, built.public_bytes(serialization.Encoding.PEM).decode(), mode=0o644)


def _make_server(files: Certificates, key_file: Path, addresses: list[str]) -> None:
    authority_key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    if not isinstance(authority_key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{key_file} holds no elliptic curve key")
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(name) for name in _NAMES]
    numbers = [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    built = (
        _builder(_name("localhost"), authority.subject, key.public_key(), _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([*names, *numbers]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(identifier, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    write_atomically(files.key, _pem(key))
    write_atomically(files.chain, built.public_bytes(serialization.Encoding.PEM).decode(), mode=0o644)


def _is_usable(files: Certificates, addresses: set[str]) -> bool:
    if not files.chain.exists() or not files.key.exists():
        return False
    served = x509.load_pem_x509_certificate(files.chain.read_bytes())
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
    named = served.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    covered = {str(one) for one in named.get_values_for_type(x509.IPAddress)}
    fresh = served.not_valid_after_utc - datetime.now(UTC) > _RENEWED_BEFORE
    own = key.public_key() == served.public_key() and served.issuer == authority.subject
    return fresh and own and addresses <= covered


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + lifetime)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
