"""An image from one genuine registry to another, through the twins' fronts: same bytes, same digest."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from infra.image import transfer
from infra.image.errors import RegistryError
from infra.image.registry import MANIFEST_TYPES, TOKEN_SCOPE, Registry
from infra.twin.config import TwinConfig
from tests.infra.twin.conftest import SUBSCRIPTION, TENANT, Rehearsal, rehearsal

pytestmark = pytest.mark.registry

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LAYER = bytes(range(256)) * 50_000


@dataclass
class Place:
    twin: Rehearsal

    @property
    def entra(self) -> str:
        return self.twin.twin.identities.directory.issue(
            self.twin.twin.identities.operator, TOKEN_SCOPE.removesuffix("/.default")
        )[0]

    @property
    def registry(self) -> Registry:
        return Registry.login(self.twin.login_server, self.entra)

    def ask(self, method: str, path: str, **options: object) -> httpx.Response:
        token = self.registry.access("app", "pull,push")
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}  # type: ignore[dict-item]
        url = httpx.URL(f"http://{self.twin.login_server}/v2/app/").join(path)
        return httpx.request(method, url, headers=headers, **options)  # type: ignore[arg-type]

    def blob(self, content: bytes) -> dict[str, object]:
        where = self.ask("POST", "blobs/uploads/").headers["Location"]
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        octets = {"Content-Type": "application/octet-stream"}
        sent = self.ask("PATCH", where, content=content, headers=octets)
        done = self.ask("PUT", f"{sent.headers['Location']}&digest={digest}")
        assert done.status_code == 201, done.text
        return {"digest": digest, "size": len(content)}

    def manifest(self, content: dict[str, object]) -> dict[str, object]:
        text = json.dumps({"schemaVersion": 2, **content}, indent=1)
        digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        kind = str(content["mediaType"])
        done = self.ask("PUT", f"manifests/{digest}", content=text, headers={"Content-Type": kind})
        assert done.status_code == 201, done.text
        return {"mediaType": kind, "digest": digest, "size": len(text)}

    def push(self) -> str:
        """Push an index of one platform and return its digest."""
        config = {"mediaType": "application/vnd.oci.image.config.v1+json", **self.blob(b"{}")}
        layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar", **self.blob(LAYER)}
        one = self.manifest({"mediaType": MANIFEST, "config": config, "layers": [layer]})
        return str(self.manifest({"mediaType": INDEX, "manifests": [one]})["digest"])


@pytest.fixture
def places(tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    with started(tmp_path / "dev") as dev, started(tmp_path / "staging") as staging:
        yield Place(dev), Place(staging)


@contextmanager
def started(folder: Path) -> Iterator[Rehearsal]:
    folder.mkdir()
    config = TwinConfig(
        stack="dev",
        state=folder,
        app_cwd=folder,
        subscription=SUBSCRIPTION,
        tenant=TENANT,
        mode="docker",
        registry_binary="docker-registry",
    )
    with rehearsal(config) as twin:
        twin.group()
        twin.registry()
        yield twin


@pytest.mark.long
def test_the_same_bytes_arrive_under_the_same_digest_once(places: tuple[Place, Place]) -> None:
    dev, staging = places
    digest = dev.push()

    transfer.copy(dev.registry, staging.registry, "app", digest)

    accept = {"Accept": MANIFEST_TYPES}
    there = [place.ask("GET", f"manifests/{digest}", headers=accept) for place in places]
    assert there[0].content == there[1].content
    layer = f"blobs/sha256:{hashlib.sha256(LAYER).hexdigest()}"
    assert staging.ask("GET", layer).content == LAYER
    server = staging.twin.login_server
    nowhere = "localhost:1"
    found = transfer.promote(server, "app", digest, nowhere, token=lambda: staging.entra)
    assert found == f"{server}/app@{digest}"


def test_what_the_source_does_not_hold_is_named(places: tuple[Place, Place]) -> None:
    dev, staging = places
    dev.push()
    missing = "sha256:" + "0" * 64

    with pytest.raises(RegistryError, match=f"refused GET manifests/{missing}: HTTP 404"):
        transfer.copy(dev.registry, staging.registry, "app", missing)
