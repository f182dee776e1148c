"""Nothing is left running, however a rehearsal ends."""

import os
import signal
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.e2e.rehearsal.conftest import Checkout

if TYPE_CHECKING:
    import subprocess

pytestmark = [pytest.mark.twin, pytest.mark.model, pytest.mark.timeout(300)]


def until(condition: Callable[[], bool], seconds: float = 90.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def read_until(running: "subprocess.Popen[str]", words: str) -> str:
    """Read progress until it holds some words; fail with what was said when it ends before."""
    said = ""
    assert running.stderr is not None
    for line in running.stderr:
        said += line
        if words in line:
            return said
    pytest.fail(f"ended without saying {words!r}: {said}")


@pytest.mark.long
def test_ctrl_c_for_the_whole_group_said_twice_stops_everything(fresh: Checkout) -> None:
    with fresh.started("up", "dev", "--mode", "process") as running:
        read_until(running, "Ctrl-C stops everything")

        os.killpg(running.pid, signal.SIGINT)
        time.sleep(0.2)
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=60)

    assert running.returncode == 0, err
    assert "nothing is left running" in err
    assert "Traceback" not in out + err
    assert fresh.processes() == []


@pytest.mark.long
def test_a_signal_in_the_middle_of_the_deployment_stops_everything(fresh: Checkout) -> None:
    with fresh.started("up", "dev", "--mode", "process") as running:
        read_until(running, "program")

        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=60)

    assert running.returncode == 1
    assert "nothing is left running" in err
    assert "Traceback" not in out + err
    assert fresh.processes() == []


@pytest.mark.long
def test_a_killed_up_takes_its_twin_along(fresh: Checkout) -> None:
    with fresh.started("up", "dev", "--mode", "process") as running:
        read_until(running, "Ctrl-C stops everything")

        running.kill()

    assert until(lambda: fresh.processes() == [])


@pytest.mark.long
def test_down_cleans_after_a_killed_twin(fresh: Checkout) -> None:
    fresh.run("up", "dev", "--mode", "process", "--detach")
    (stack,) = fresh.run("status", "--json").body["stacks"]
    psutil.Process(stack["pid"]).kill()

    said = fresh.run("down", "dev")

    assert said.code == 0
    assert fresh.processes() == []
    assert fresh.run("status", "--json").body == {"stacks": []}


def test_a_bad_stack_file_fails_with_its_line_before_anything_starts(fresh: Checkout) -> None:
    file = fresh.project.stack_file("dev")
    file.write_text(file.read_text().replace("    cpu: 0.5\n", "    cpuu: 0.5\n"))

    said = fresh.run("up", "dev", "--mode", "process", "--json")

    assert said.code == 1
    (finding,) = said.body["findings"]
    assert finding["code"] == "ST014"
    assert "stacks/Pulumi.dev.yaml:" in finding["message"]
    assert fresh.processes() == []


def test_a_port_in_use_is_named(fresh: Checkout) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = fresh.run("up", "dev", "--mode", "process", "--port", str(port), "--json")

    assert said.code == 1
    (finding,) = said.body["findings"]
    assert finding["code"] == "ST016"
    assert str(port) in finding["message"]
    assert fresh.processes() == []


def test_docker_that_is_stopped_is_said_to_be_so(fresh: Checkout) -> None:
    said = fresh.run("up", "dev", "--mode", "docker", DOCKER_HOST="unix:///nowhere/docker.sock")

    assert said.code == 1
    assert "ST017" in said.err or "ST023" in said.err
    assert "--mode process" in said.err


@pytest.mark.long
def test_a_failed_rehearsal_leaves_nothing_unless_it_is_kept(fresh: Checkout) -> None:
    file = fresh.project.stack_file("dev")
    file.write_text(
        file.read_text().replace("    environment: {}\n", "    environment: {SEATRIAL_NOPE: a}\n")
    )

    said = fresh.run("up", "dev", "--mode", "process", "--json")
    left = fresh.processes()
    kept = fresh.run("up", "dev", "--mode", "process", "--json", "--keep")

    assert (said.code, said.body["running"], left) == (1, False, [])
    assert (kept.code, kept.body["running"]) == (1, True)
    assert fresh.run("down", "dev").out == "dev: stopped\n"
