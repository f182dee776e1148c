"""A real OCI artifact through the twin's front into the real registry and out again."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from infra.twin.arm.behaviour import ArmProblem
from infra.twin.config import TwinConfig
from infra.twin.identity.tokens import Principal
from tests.infra.twin.conftest import ACR_PULL, GROUP, Rehearsal, rehearsal

pytestmark = pytest.mark.registry

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LAYER = bytes(range(256)) * 4096


@pytest.fixture
def twin(config: TwinConfig) -> Iterator[Rehearsal]:
    docker = config.model_copy(update={"mode": "docker", "registry_binary": "docker-registry"})
    with rehearsal(docker) as started:
        started.group()
        started.registry()
        yield started


@dataclass
class Client:
    twin: Rehearsal
    principal: Principal

    def request(
        self, method: str, path: str, actions: str = "pull,push", **options: object
    ) -> httpx.Response:
        base = f"http://{self.twin.login_server}"
        aad, _ = self.twin.twin.identities.directory.issue(
            self.principal, "https://containerregistry.azure.net"
        )
        exchanged = httpx.post(
            f"{base}/oauth2/exchange", data={"grant_type": "access_token", "access_token": aad}
        ).json()["refresh_token"]
        form = {
            "grant_type": "refresh_token",
            "scope": f"repository:app:{actions}",
            "refresh_token": exchanged,
        }
        token = httpx.post(f"{base}/oauth2/token", data=form).json().get("access_token", "")
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}  # type: ignore[dict-item]
        url = path if path.startswith("http") else f"{base}{path}"
        return httpx.request(method, url, headers=headers, **options)  # type: ignore[arg-type]

    def blob(self, content: bytes) -> dict[str, object]:
        """Upload in two chunks, as large layers are."""
        started = self.request("POST", "/v2/app/blobs/uploads/")
        assert started.status_code == 202, started.text
        half = len(content) // 2
        where = started.headers["Location"]
        for start, piece in ((0, content[:half]), (half, content[half:])):
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Range": f"{start}-{start + len(piece) - 1}",
            }
            sent = self.request("PATCH", where, content=piece, headers=headers)
            assert sent.status_code == 202, sent.text
            where = sent.headers["Location"]
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        done = self.request("PUT", f"{where}&digest={digest}")
        assert done.status_code == 201, done.text
        return {"digest": digest, "size": len(content)}

    def push(self) -> str:
        config = {"mediaType": "application/vnd.oci.image.config.v1+json", **self.blob(b"{}")}
        layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar", **self.blob(LAYER)}
        manifest = json.dumps(
            {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
        )
        answer = self.request(
            "PUT", "/v2/app/manifests/v1", content=manifest, headers={"Content-Type": MANIFEST}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Docker-Content-Digest"])


@pytest.fixture
def operator(twin: Rehearsal) -> Client:
    return Client(twin, twin.twin.identities.operator)


def test_what_is_pushed_is_pulled_by_digest_with_the_identitys_role(
    twin: Rehearsal, operator: Client
) -> None:
    digest = operator.push()
    identity = twin.identity()
    image = f"{twin.login_server}/app@{digest}"
    pull = twin.twin.platform.registry.pull

    with pytest.raises(ArmProblem, match="UNAUTHORIZED"):
        twin.run(pull(image, identity["id"]))
    twin.role(GROUP, identity["properties"]["principalId"], ACR_PULL)

    assert twin.run(pull(image, identity["id"])).digest == digest
    with pytest.raises(ArmProblem, match="manifest unknown"):
        twin.run(pull(image[:-4] + "0000", identity["id"]))
    assert [one["ok"] for one in twin.admin.status()["pulls"]] == [False, True, False]


def test_blobs_are_served_whole_in_part_and_by_head(twin: Rehearsal, operator: Client) -> None:
    operator.push()
    path = f"/v2/app/blobs/sha256:{hashlib.sha256(LAYER).hexdigest()}"

    whole = operator.request("GET", path)
    part = operator.request("GET", path, headers={"Range": "bytes=10-19"})
    head = operator.request("HEAD", path)

    assert whole.content == LAYER
    assert (part.status_code, part.content) == (206, LAYER[10:20])
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(LAYER)))


def test_the_registry_itself_refuses_who_has_no_token_and_names_the_realm(twin: Rehearsal) -> None:
    answer = httpx.get(f"http://{twin.login_server}/v2/app/manifests/v1")

    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert f'realm="http://{twin.login_server}/oauth2/token",service="{twin.login_server}"' in challenge


def test_an_identity_that_may_pull_may_not_push(twin: Rehearsal, operator: Client) -> None:
    operator.push()
    identity = twin.identity()["properties"]
    twin.role(GROUP, identity["principalId"], ACR_PULL)
    reader = Client(twin, Principal(object_id=identity["principalId"], client_id=identity["clientId"]))

    assert reader.request("POST", "/v2/app/blobs/uploads/").status_code == 401
    assert reader.request("GET", "/v2/app/manifests/v1", headers={"Accept": MANIFEST}).status_code == 200


def test_images_outlive_a_restart_of_the_twin(config: TwinConfig) -> None:
    docker = config.model_copy(update={"mode": "docker", "registry_binary": "docker-registry"})
    with rehearsal(docker) as first:
        first.group()
        first.registry()
        digest = Client(first, first.twin.identities.operator).push()
        server = first.login_server

    with rehearsal(docker) as second:
        found = Client(second, second.twin.identities.operator).request(
            "HEAD", f"/v2/app/manifests/{digest}", headers={"Accept": MANIFEST}
        )

    assert second.login_server == server
    assert found.status_code == 200


def test_without_the_binary_the_registry_says_what_to_install(config: TwinConfig) -> None:
    docker = config.model_copy(
        update={"mode": "docker", "registry_binary": "docker-registry-that-is-not-there"}
    )
    with rehearsal(docker) as twin:
        twin.group()
        twin.registry()
        answer = Client(twin, twin.twin.identities.operator).request("GET", "/v2/app/manifests/v1")

    assert answer.status_code == 404
    assert "install the package docker-registry" in answer.json()["errors"][0]["message"]
