"""The genuine az, by the commands of docs/clients.md, against what the program made on the twin."""

import hashlib
import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.twin.config import TwinConfig
from infra.twin.sign_in import FILE
from tests.infra.twin.clients.conftest import Cloud, blocks
from tests.infra.twin.conftest import Rehearsal, rehearsal

pytestmark = [pytest.mark.azcli, pytest.mark.twin, pytest.mark.timeout(600)]

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def shell(script: str, folder: Path) -> str:
    """Run a script with the genuine az first on the path, and nothing of the tests' own environment."""
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    path = f"{Path(os.environ['SEATRIAL_AZ']).parent}:{os.environ['PATH']}"
    settings = {"AZURE_CORE_COLLECT_TELEMETRY": "false", "AZURE_CORE_NO_COLOR": "true", "PATH": path}
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=kept | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"{script}\n{ended.stdout[-2000:]}\n{ended.stderr[-3000:]}"
    return ended.stdout


def signed_in(state: Path, folder: Path) -> str:
    """Sign in as the document says; return the line that a later shell begins with."""
    first = blocks("az")[0].replace(".seatrial/stacks/dev/clients.env", str(state / FILE))
    shell(first, folder)
    return f". {state / FILE}\n"


@pytest.fixture(scope="module")
def entered(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("shell")
    return signed_in(cloud.state, folder), folder


def test_the_documented_questions_are_answered(cloud: Cloud, entered: tuple[str, Path]) -> None:
    enter, folder = entered

    said = shell(enter + blocks("az")[1], folder)

    assert cloud.group in said
    assert "Microsoft.App/containerApps" in said
    assert "seatrial-operator" in said or "Owner" in said
    assert '"Running"' in said
    assert "asked for /health" in said
    assert '"sqlRoleAssignments"' in said or "sqlRoleDefinitions" in said


def test_traffic_is_shared_as_documented(cloud: Cloud, entered: tuple[str, Path]) -> None:
    enter, folder = entered

    shell(enter + blocks("az")[2], folder)

    with cloud.arm() as arm:
        path = f"/subscriptions/{cloud.subscription}/resourceGroups/{cloud.group}/providers/Microsoft.App"
        revisions = arm.list(f"{path}/containerApps/{cloud.app()}/revisions", "2025-07-01")
    weights = [one["properties"]["trafficWeight"] for one in revisions if one["properties"]["active"]]
    assert weights == [80, 20]
    rules = [one["properties"]["template"]["scale"]["rules"] for one in revisions]
    assert rules[0] == rules[-1]


def test_a_group_is_deleted_with_everything_in_it(entered: tuple[str, Path], cloud: Cloud) -> None:
    enter, folder = entered

    shell(f"{enter}az group delete --yes --name {cloud.group}", folder)

    assert json.loads(shell(f"{enter}az group list", folder)) == []


@pytest.fixture
def registry(config: TwinConfig) -> Iterator[Rehearsal]:
    docker = config.model_copy(update={"mode": "docker", "registry_binary": "docker-registry"})
    with rehearsal(docker) as started:
        started.group()
        started.registry()
        yield started


@pytest.mark.registry
def test_a_push_with_the_token_of_az_acr_login(registry: Rehearsal, tmp_path: Path) -> None:
    state = registry.twin.config.state
    enter = signed_in(state, tmp_path)

    given = json.loads(shell(enter + blocks("az")[3], tmp_path))

    trust = str(state / "trust.pem")
    with httpx.Client(base_url=f"https://{given['loginServer']}", verify=_trusting(trust)) as client:
        form = {
            "grant_type": "refresh_token",
            "service": given["loginServer"],
            "scope": "repository:app:pull,push",
            "refresh_token": given["refreshToken"],
        }
        access = client.post("/oauth2/token", data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {access}"
        layer = _pushed(client, b"a layer")
        config = _pushed(client, b"{}")
        image = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
        answer = client.put("/v2/app/manifests/1", json=image, headers={"Content-Type": MANIFEST})
        assert answer.status_code == 201, answer.text
        assert client.get("/v2/app/tags/list").json()["tags"] == ["1"]


@pytest.mark.registry
@pytest.mark.docker
def test_docker_pushes_what_az_acr_login_let_it(registry: Rehearsal, tmp_path: Path) -> None:
    enter = signed_in(registry.twin.config.state, tmp_path)
    image = f"{registry.login_server}/empty:1"
    steps = [
        f"export DOCKER_CONFIG={tmp_path}",
        "az acr login --name acrtwin",
        f"tar --create --files-from /dev/null | docker import - {image}",
        f"docker push --quiet {image}",
        f"docker image rm {image}",
        f"docker pull --quiet {image}",
        f"docker image rm {image}",
    ]

    said = shell(enter + "\n".join(steps), tmp_path)

    assert "Login Succeeded" in said


def _trusting(file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=file)


def _pushed(client: httpx.Client, content: bytes) -> dict[str, object]:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    place = client.post("/v2/app/blobs/uploads/").headers["Location"]
    answer = client.put(place, params={**httpx.URL(place).params, "digest": digest}, content=content)
    assert answer.status_code == 201, answer.text
    return {"mediaType": "application/octet-stream", "digest": digest, "size": len(content)}
