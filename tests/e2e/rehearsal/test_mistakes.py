"""Ten mistakes: each fails with its code, Azure's reason and the next step."""

import subprocess

import pytest

from infra.image.context import base_image
from infra.mistakes.catalogue import mistakes
from tests.e2e.rehearsal.conftest import Checkout, Said

pytestmark = [pytest.mark.twin, pytest.mark.timeout(300)]

# Words that Azure itself says, so that a search for them finds its documentation.
AZURE_SAYS = {
    "probe": "startup probe failed",
    "secret": "SecretRef 'weather-api-key'",
    "acrpull": "unauthorized",
    "property": "gpus",
    "size": "CPU and memory resources for this application",
    "platform": "linux/amd64",
    "variable": "terminated with exit code",
    "crash": "terminated with exit code",
    "slow": "startup probe failed",
    "ingress": "Ingress of container app",
}


def in_mode(mode: str) -> list[str]:
    return [name for name, seeded in mistakes().items() if mode in seeded.modes]


def must_fail(said: Said, name: str) -> None:
    assert said.code == 1, said.out + said.err
    report = said.body
    found = {finding["code"]: finding for finding in report["findings"]}
    assert set(found) == {mistakes()[name].code}
    finding = found[mistakes()[name].code]
    assert AZURE_SAYS[name].lower() in finding["message"].lower()
    assert finding["fix"]
    assert report["ok"] is False
    assert report["running"] is False


@pytest.mark.parametrize("name", in_mode("process"))
def test_a_mistake_is_found_without_docker(name: str, checkout: Checkout) -> None:
    said = checkout.run("up", "dev", "--mode", "process", "--break", name, "--json")

    must_fail(said, name)
    assert not [line for line in checkout.processes() if f"mistakes/{name}" in line]


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


@pytest.mark.docker
@pytest.mark.registry
@pytest.mark.parametrize("name", in_mode("docker"))
def test_a_mistake_is_found_with_docker(
    name: str, checkout: Checkout, request: pytest.FixtureRequest
) -> None:
    base = request.getfixturevalue("arm_base") if name == "platform" else base_image()

    said = checkout.run("up", "dev", "--mode", "docker", "--break", name, "--json", BASE_IMAGE=base)

    must_fail(said, name)


@pytest.mark.model
def test_what_process_mode_cannot_show_is_said(checkout: Checkout) -> None:
    said = checkout.run("up", "dev", "--mode", "process", "--break", "platform", "--json")

    assert said.code == 0, said.err
    assert any("linux/arm64" in sentence for sentence in said.body["not_shown"])


@pytest.mark.model
def test_the_unedited_program_passes_beside_them(up: Said) -> None:
    assert up.code == 0
    assert up.body["findings"] == []


def test_for_a_person_the_reason_and_the_next_step_are_printed(checkout: Checkout) -> None:
    said = checkout.run("up", "dev", "--mode", "process", "--break", "secret")

    assert said.code == 1
    assert "expected finding ST004" in said.err
    for words in ("ST004", "next step", "seatrial explain ST004"):
        assert words in said.out
    assert "Traceback" not in said.out + said.err
