"""Python, Docker, builder, platform and clock, over output as vendors and their users quote it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.doctor.model import Verdict as Concluded
from infra.doctor.subject import Subject
from tests.infra.doctor.conftest import MISSING, Verdict, check, refused, said

# https://github.com/moby/moby/issues/32658
NO_DAEMON = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
)
# https://github.com/tomsik68/docker-xampp/issues/63
NO_PERMISSION = (
    "docker: permission denied while trying to connect to the Docker daemon socket at "
    'unix:///var/run/docker.sock: Head "http://%2Fvar%2Frun%2Fdocker.sock/_ping": dial unix '
    "/var/run/docker.sock: connect: permission denied."
)
# https://github.com/docker/buildx/issues/1603
NO_BUILDX = "docker: 'buildx' is not a docker command.\nSee 'docker --help'"
# https://github.com/docker/buildx/issues/542
BUILDER = """Name:   elegant_rhodes
Driver: docker-container

Nodes:
Name:      elegant_rhodes0
Endpoint:  unix:///var/run/docker.sock
Status:    running
Platforms: linux/amd64*, linux/arm64*, linux/386, linux/arm/v7, linux/arm/v6, linux/riscv64, linux/ppc64le
"""
# https://github.com/docker/buildx/issues/568, whose engine has no emulation; here on an arm64 machine
ONE_PLATFORM = "Name:   default\nDriver: docker\n\nNodes:\nPlatforms: linux/arm64, linux/arm/v7\n"
RUNNING = said({"ServerVersion": "27.4.1", "Architecture": "x86_64"})


def test_an_old_python_is_refused(verdict: Verdict) -> None:
    assert verdict("python").status == "ok"
    assert verdict("python", python=(3, 10, 12)).status == "fail"


def test_the_toolchain_of_the_project_has_to_be_there(verdict: Verdict, subject: Subject) -> None:
    assert verdict("uv", {"uv": MISSING}).status == "fail"
    assert verdict("uv", {"uv": said("uv 0.9.0\n")}).seen == "uv 0.9.0"
    without = check("uv").ask(replace(subject, described={"runtime": "python"}))
    assert isinstance(without, Concluded)


def test_a_program_that_does_not_run_stops_the_deployment(verdict: Verdict) -> None:
    assert verdict("program").status == "ok"
    broken = verdict("program", types=None, types_trouble="NameError: x")
    assert broken.status == "fail"
    assert "NameError: x" in broken.seen


@pytest.mark.parametrize(
    ("answer", "next_step"),
    [(MISSING, "install"), (refused(NO_DAEMON), "start Docker"), (refused(NO_PERMISSION), "group `docker`")],
)
def test_an_engine_that_does_not_answer_stops_the_build(verdict: Verdict, answer, next_step: str) -> None:
    found = verdict("docker", {"info": answer})

    assert found.status == "fail"
    assert next_step in found.fix


def test_errors_that_docker_reports_with_exit_code_0_count(verdict: Verdict) -> None:
    found = verdict("docker", {"info": said({"ServerErrors": [NO_DAEMON]})})

    assert (found.status, found.seen) == ("fail", NO_DAEMON)


def test_an_image_named_by_its_digest_needs_no_docker(subject: Subject) -> None:
    image = subject.config.image.model_copy(update={"digest": "sha256:" + "0" * 64})
    promoted = replace(subject, config=subject.config.model_copy(update={"image": image}))

    for name in ("docker", "buildx", "platform"):
        concluded = check(name).ask(promoted)
        assert isinstance(concluded, Concluded)
        assert concluded.status == "skipped"


def test_docker_without_the_builder_stops_the_build(verdict: Verdict) -> None:
    found = verdict("buildx", {"buildx": refused(NO_BUILDX)})

    assert (found.status, found.seen) == ("fail", "docker: 'buildx' is not a docker command.")
    assert verdict("buildx", {"buildx": said("github.com/docker/buildx v0.30.1 abc\n")}).status == "ok"


def test_a_builder_without_the_platform_stops_the_build(verdict: Verdict) -> None:
    found = verdict("platform", {"info": RUNNING, "builder": said(ONE_PLATFORM)})

    assert found.status == "fail"
    assert "linux/arm64" in found.seen
    assert "binfmt --install amd64" in found.fix


def test_an_emulated_platform_is_slow_and_not_wrong(verdict: Verdict) -> None:
    arm = said({"ServerVersion": "27.4.1", "Architecture": "aarch64"})

    assert verdict("platform", {"info": RUNNING, "builder": said(BUILDER)}).status == "ok"
    assert verdict("platform", {"info": arm, "builder": said(BUILDER)}).status == "warn"


@pytest.mark.parametrize(("minute", "status"), [(0, "ok"), (2, "warn"), (9, "fail")])
def test_the_clock_is_compared_with_the_answers_date(verdict: Verdict, minute: int, status: str) -> None:
    # The form of a Date header: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Date
    heard = said("HTTP/2 200\r\ndate: Wed, 21 Oct 2026 07:00:00 GMT\r\ncache-control: private\r\n\r\n")
    at = datetime(2026, 10, 21, 7, minute, 10, tzinfo=UTC)

    assert verdict("clock", {"clock": replace(heard, at=at)}).status == status


def test_a_clock_that_cannot_be_compared_is_skipped(verdict: Verdict) -> None:
    unreached = refused("curl: (6) Could not resolve host: login.microsoftonline.com", 6)

    found = verdict("clock", {"clock": unreached})

    assert found.status == "skipped"
    assert "Could not resolve host" in found.seen
