import json
from pathlib import Path

import pytest

from infra.image import build
from infra.image.context import BuildContext
from infra.image.errors import BaseImageError, BuildFailedError, BuildToolError, PlatformError
from infra.image.registry import Registry
from infra.project import Project

REGISTRY = Registry(login_server="localhost:1", refresh_token="refresh")


@pytest.fixture
def context(request: pytest.FixtureRequest) -> BuildContext:
    return BuildContext.of(Project.find(request.config.rootpath), "linux/amd64", {})


def test_missing_docker_is_named_with_the_next_step(
    context: BuildContext,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BuildToolError, match="no docker command on PATH; install Docker with buildx"):
        build.build_and_push(context, "localhost:1/app:1", REGISTRY)


def test_stopped_engine_is_told_from_a_missing_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\n[ "$1" = buildx ] && echo v0.30\n[ "$1" = buildx ]\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert build.available() == "docker is installed but its engine does not answer"


def test_login_is_this_registry_alone_and_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "config.json").write_text(
        '{"auths": {"else.where": {"auth": "c2VjcmV0"}}, "currentContext": "desk"}'
    )
    monkeypatch.setenv("DOCKER_CONFIG", str(own))

    environment = build._environment(tmp_path, REGISTRY)

    config = Path(environment["DOCKER_CONFIG"]) / "config.json"
    written = json.loads(config.read_text())
    assert list(written["auths"]) == ["localhost:1"]
    assert written["currentContext"] == "desk"
    assert config.stat().st_mode & 0o077 == 0


def test_certificate_bundle_of_the_host_is_a_build_secret(
    context: BuildContext,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("certificate")
    for name in build.CA_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    without = build._command(context, "localhost:1/app:1", tmp_path / "metadata.json")

    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    command = build._command(context, "localhost:1/app:1", tmp_path / "metadata.json")

    assert "--secret" not in without
    assert command[command.index("--secret") + 1] == f"id=ca,src={bundle}"


@pytest.mark.parametrize(
    ("reference", "host", "expected"),
    [
        ("localhost:1/app:1", None, ["--builder", "desk"]),
        ("localhost:1/app:1", "tcp://elsewhere:2376", ["--builder", "default"]),
        ("seatrial.azurecr.io/app:1", None, []),
    ],
)
def test_a_local_registry_is_pushed_to_by_the_engines_own_builder(
    context: BuildContext,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    reference: str,
    host: str | None,
    expected: list[str],
) -> None:
    (tmp_path / "config.json").write_text('{"currentContext": "desk"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_CONTEXT", raising=False)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    if host:
        monkeypatch.setenv("DOCKER_HOST", host)

    command = build._command(context, reference, tmp_path / "metadata.json")

    place = command.index("--builder") if "--builder" in command else len(command)
    assert command[place : place + 2] == expected


# What buildx 0.30 printed: no network, and an arm64 image on an amd64 machine without an emulator.
NO_BASE = (
    "ERROR: failed to build: failed to solve: failed to do request: Head "
    '"https://registry.example/v2/library/python/manifests/3.13-slim-bookworm": no such host'
)
NO_EMULATOR = "#8 0.1 exec /bin/sh: exec format error\nERROR: failed to build: exit code: 255"


@pytest.mark.parametrize(
    ("output", "kind", "code", "advice"),
    [
        (NO_BASE, BaseImageError, "ST023", "BASE_IMAGE"),
        (NO_EMULATOR, PlatformError, "ST006", "linux/amd64"),
        ("ERROR: pip: no matching distribution", BuildFailedError, "ST023", "Correct"),
    ],
)
def test_failed_build_names_its_reason_and_the_next_step(
    context: BuildContext, output: str, kind: type[BuildFailedError], code: str, advice: str
) -> None:
    failure = build._failure(context, output)

    assert type(failure) is kind
    assert failure.code == code
    assert advice in failure.fix
    assert output.splitlines()[-1] in str(failure)
