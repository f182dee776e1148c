"""Mistakes that are refused before the container runs, found with Docker."""

import subprocess

import pytest

from infra.image.context import base_image
from tests.e2e.rehearsal.conftest import Checkout
from tests.e2e.rehearsal.mistakes import in_mode, must_fail

pytestmark = [pytest.mark.twin, pytest.mark.timeout(300), pytest.mark.docker, pytest.mark.registry]


@pytest.fixture(scope="module")
def arm_base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a double of an arm64 base image: this machine's own files under arm64's label.

    A machine without an emulator can build from nothing else; what it cannot show is code for arm64.
    """
    name, folder = "seatrial-base-double:arm64", tmp_path_factory.mktemp("arm")
    container = docker("create", base_image(), "true")
    docker("export", "--output", str(folder / "root.tar"), container)
    docker("rm", container)
    (folder / "Dockerfile").write_text("FROM scratch\nADD root.tar /\n")
    docker("buildx", "build", "--platform", "linux/arm64", "--load", "--tag", name, str(folder))
    return name


def docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", in_mode("docker", running=False))
def test_a_mistake_is_found_with_docker(name: str, pushed: Checkout, request: pytest.FixtureRequest) -> None:
    base = request.getfixturevalue("arm_base") if name == "platform" else base_image()

    said = pushed.run("up", "dev", "--mode", "docker", "--break", name, "--json", BASE_IMAGE=base)

    must_fail(said, name)
