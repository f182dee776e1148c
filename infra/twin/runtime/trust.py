"""What a replica trusts: the authorities of this machine, and the twin's own behind its TLS endpoints."""

import os
import ssl
from pathlib import Path

import certifi

from infra.twin.arm.store import write_atomically
from infra.twin.platform import Platform

INSIDE = "/run/seatrial/trust.pem"
# The second is for requests, with which azure-core sends telemetry: it does not read the first.
VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
_READABLE = 0o644
_PATHS = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def trusting(platform: Platform) -> dict[str, str]:
    """Return the variables that make a replica trust the twin; nothing where the twin speaks no TLS."""
    if platform.authority_file is None:
        return {}
    path = bundle(platform)
    return dict.fromkeys(VARIABLES, INSIDE if platform.mode == "docker" else str(path))


def mounts(platform: Platform) -> dict[str, dict[str, str]]:
    """Return the read-only mount of the bundle, as the engine's SDK takes it."""
    if platform.authority_file is None:
        return {}
    return {str(bundle(platform).resolve()): {"bind": INSIDE, "mode": "ro"}}


def bundle(platform: Platform) -> Path:
    """Write this machine's authorities and the twin's into one file of the state folder; return it."""
    path = platform.state / "trust.pem"
    own = platform.authority_file.read_text(encoding="ascii") if platform.authority_file else ""
    text = f"{_of_this_machine().rstrip()}\n{own}"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)
        path.chmod(_READABLE)  # the container's user is another one
    return path


def _of_this_machine() -> str:
    named = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    for candidate in filter(None, (named, *_PATHS, certifi.where())):
        if Path(candidate).is_file():
            return Path(candidate).read_text(encoding="utf-8", errors="replace")
    return ""
