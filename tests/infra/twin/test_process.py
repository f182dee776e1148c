"""The twin as a process: one per folder, clear at start, nothing left at the end."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.twin.client import ArmClient, TwinClient, TwinUnreachableError

pytestmark = pytest.mark.twin


class Starter:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.started: list[subprocess.Popen[str]] = []

    def spawn(self, **settings: Any) -> subprocess.Popen[str]:
        config = {"stack": "dev", "state": str(self.state), "mode": "process", "app_cwd": str(self.folder)}
        path = self.folder / f"config-{len(self.started)}.json"
        path.write_text(json.dumps(config | settings))
        command = [sys.executable, "-m", "infra.twin", "--config", str(path)]
        self.started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return self.started[-1]

    def ready(self, **settings: Any) -> subprocess.Popen[str]:
        process = self.spawn(**settings)
        deadline = time.monotonic() + 20
        while not (self.state / "twin.json").exists():
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return process


@pytest.fixture
def starter(tmp_path: Path) -> Iterator[Starter]:
    made = Starter(tmp_path)
    yield made
    for process in made.started:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> dict[str, Any]:
    _, errors = process.communicate(timeout=20)
    lines = errors.splitlines()
    assert len(lines) == 1, errors
    return dict(json.loads(lines[0]))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_with_its_model_and_leaves_nothing(
    starter: Starter, number: signal.Signals
) -> None:
    sleeper = (
        "import json,time; print(json.dumps({'url': 'http://127.0.0.1:1', 'model': 'm'}), "
        "flush=True); time.sleep(60)"
    )
    process = starter.ready(model={"command": [sys.executable, "-c", sleeper]})
    with TwinClient.connect(starter.state) as twin:
        while twin.status()["model"]["url"] is None:
            time.sleep(0.05)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children

    process.send_signal(number)

    assert process.wait(10) == 0
    assert not [child for child in children if child.is_running()]
    assert not (starter.state / "twin.json").exists()


def test_stop_over_http_ends_it(starter: Starter) -> None:
    process = starter.ready()
    with TwinClient.connect(starter.state) as twin:
        twin.stop()

    assert process.wait(10) == 0
    with pytest.raises(TwinUnreachableError):
        TwinClient.connect(starter.state)


def test_it_stops_when_its_owner_is_gone(starter: Starter) -> None:
    owner = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = starter.ready(owner_pid=owner.pid)

    owner.communicate(b"\n")

    assert process.wait(10) == 0


def test_a_second_twin_for_the_same_folder_is_refused_with_the_pid_of_the_first(starter: Starter) -> None:
    first = starter.ready()

    second = starter.spawn()

    error = said(second)
    assert second.returncode == 1
    assert f"pid {first.pid}" in error["error"]
    assert error["finding"]["code"] == "ST021"


@pytest.mark.long
def test_a_killed_twin_leaves_a_lock_that_the_next_one_takes(starter: Starter) -> None:
    first = starter.ready()
    first.kill()
    first.wait()
    (starter.state / "twin.json").unlink()

    starter.ready()

    assert (starter.state / "twin.lock").read_text().strip() == str(starter.started[-1].pid)


@pytest.mark.parametrize("role", ["arm", "registry", "ingress", "services"])
def test_a_port_in_use_is_exit_3_and_one_clear_line(starter: Starter, role: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = starter.spawn(**{f"{role}_port": port})
        error = said(process)

    assert process.returncode == 3
    assert str(port) in error["error"]
    assert error["finding"]["code"] == "ST016"


def test_a_corrupted_state_is_exit_1_and_one_clear_line(starter: Starter) -> None:
    starter.state.mkdir()
    (starter.state / "arm.json").write_text("{")

    process = starter.spawn()

    assert said(process)["finding"]["code"] == "ST021"
    assert process.returncode == 1


def test_a_bad_configuration_is_exit_2(starter: Starter) -> None:
    process = starter.spawn(mode="cloud")
    _, errors = process.communicate(timeout=20)

    assert process.returncode == 2
    assert "mode" in errors
    assert "Traceback" not in errors


@pytest.mark.long
def test_arm_is_fast_enough_to_be_waited_for(starter: Starter) -> None:
    starter.ready()
    group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
    with ArmClient.connect(starter.state) as arm:
        started = time.monotonic()
        for _ in range(20):
            arm.put(group, {"location": "westeurope"}, "2024-03-01")

    assert time.monotonic() - started < 2
    assert (starter.state / "arm.json").stat().st_mode & 0o777 == 0o600
