"""Copy one image from a registry to another, byte for byte, so that its digest stays what was tested.

Requests as in the OCI distribution specification 1.1 (pulling manifests and blobs, pushing a blob in chunks).
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import httpx

from infra.image.errors import RegistryError
from infra.image.publish import signed_in_token
from infra.image.registry import MANIFEST_TYPES, Registry, is_local

TIMEOUT = httpx.Timeout(300, connect=10)
IN_MEMORY_BYTES = 8_000_000


def promote(
    login_server: str,
    repository: str,
    digest: str,
    source: str,
    *,
    token: Callable[[], str] = signed_in_token,
) -> str:
    """Return `login_server/repository@digest`, copied from `source` where it is missing."""
    reference = f"{login_server}/{repository}@{digest}"
    if source == login_server:
        return reference
    entra = token()
    target = Registry.login(login_server, entra)
    if target.find(repository, digest) is None:
        copy(Registry.login(source, entra), target, repository, digest)
    return reference


def copy(source: Registry, target: Registry, repository: str, digest: str) -> None:
    """Copy an image and everything that it names; raise RegistryError."""
    with _opened(source, repository, "pull") as out, _opened(target, repository, "pull,push") as into:
        _manifest(out, into, digest)


@dataclass(frozen=True)
class _Repository:
    """Ask one repository of a registry; every answer that is no success is an error with its words."""

    client: httpx.Client
    name: str

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            reply = self.client.request(method, path, **options)
        except httpx.HTTPError as failure:
            raise RegistryError(f"no answer from {self.name}: {failure}") from failure
        if reply.is_error and not (method == "HEAD" and reply.status_code == httpx.codes.NOT_FOUND):
            raise RegistryError(
                f"{self.name} refused {method} {path}: HTTP {reply.status_code} {reply.text[:300]}"
            )
        return reply


@contextmanager
def _opened(registry: Registry, repository: str, actions: str) -> Iterator[_Repository]:
    local = is_local(registry.login_server)
    base = f"{'http' if local else 'https'}://{registry.login_server}/v2/{repository}/"
    headers = {"Authorization": f"Bearer {registry.access(repository, actions)}"}
    with httpx.Client(
        base_url=base, headers=headers, timeout=TIMEOUT, follow_redirects=True, trust_env=not local
    ) as client:
        yield _Repository(client, f"{registry.login_server}/{repository}")


def _manifest(out: _Repository, into: _Repository, digest: str) -> None:
    """Copy what a manifest names, then the manifest: a registry takes none whose parts it lacks."""
    found = out.ask("GET", f"manifests/{digest}", headers={"Accept": MANIFEST_TYPES})
    _require(hashlib.sha256(found.content).hexdigest(), digest, out.name)
    content = found.json()
    for child in content.get("manifests", ()):
        _manifest(out, into, child["digest"])
    for part in (content.get("config"), *content.get("layers", ())):
        if part is not None:
            _blob(out, into, part["digest"])
    kind = {"Content-Type": found.headers["Content-Type"]}
    into.ask("PUT", f"manifests/{digest}", content=found.content, headers=kind)


def _blob(out: _Repository, into: _Repository, digest: str) -> None:
    if into.ask("HEAD", f"blobs/{digest}").is_success:
        return
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as kept:
        _download(out, digest, kept)
        started = into.ask("POST", "blobs/uploads/")
        octets = {"Content-Type": "application/octet-stream"}
        kept.seek(0)
        sent = into.ask(
            "PATCH", _location(started), content=iter(lambda: kept.read(1 << 20), b""), headers=octets
        )
        where = httpx.URL(_location(sent)).copy_merge_params({"digest": digest})
        into.ask("PUT", str(where))


def _download(out: _Repository, digest: str, kept: IO[bytes]) -> None:
    total = hashlib.sha256()
    try:
        with out.client.stream("GET", f"blobs/{digest}") as reply:
            if reply.is_error:
                raise RegistryError(f"{out.name} refused blob {digest}: HTTP {reply.status_code}")
            for piece in reply.iter_bytes():
                total.update(piece)
                kept.write(piece)
    except httpx.HTTPError as failure:
        raise RegistryError(f"no answer from {out.name}: {failure}") from failure
    _require(total.hexdigest(), digest, out.name)


def _location(reply: httpx.Response) -> str:
    """Return where an upload goes on; registries may say it without their own address."""
    return str(reply.request.url.join(reply.headers["Location"]))


def _require(seen: str, digest: str, place: str) -> None:
    if digest != f"sha256:{seen}":
        raise RegistryError(f"{place} answered sha256:{seen} for {digest}: nothing was copied; try again")
