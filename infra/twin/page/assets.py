"""The page's files, with headers that let nothing foreign in."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import PurePosixPath

INDEX = "index.html"
MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """Hold one file of the page as it is sent."""

    body: bytes
    media_type: str
    tag: str


@cache
def assets() -> dict[str, Asset]:
    """Return the page's files by name; they are read once."""
    folder = files("infra.twin.page") / "assets"
    found = [item for item in folder.iterdir() if PurePosixPath(item.name).suffix in MEDIA_TYPES]
    return {item.name: _asset(item.name, item.read_bytes()) for item in found}


def _asset(name: str, body: bytes) -> Asset:
    media_type = MEDIA_TYPES[PurePosixPath(name).suffix]
    return Asset(body, media_type, f'"{sha256(body).hexdigest()[:32]}"')
