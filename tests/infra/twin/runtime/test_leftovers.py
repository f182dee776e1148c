"""A twin that is killed: its replicas die with it, and what survives is found by the next one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from infra.twin.runtime.leftovers import end_leftovers

TWIN = """
import asyncio, sys
from pathlib import Path
from infra.twin.platform import PulledImage
from infra.twin.runtime.console import Console
from infra.twin.runtime.engine import Launch
from infra.twin.runtime.environment import ReplicaName
from infra.twin.runtime.process import ProcessEngine
from infra.twin.runtime.spec import ContainerSpec

async def main(state):
    command = (sys.executable, "-c", "import time; time.sleep(300)")
    engine = ProcessEngine(command, state, state)
    launch = Launch(
        container=ContainerSpec(name="app", image="x", cpu=0.5, memory="1Gi"),
        image=PulledImage(reference="x", repository="x", digest=None, identity=None, login=None),
        name=ReplicaName(app="a", revision="a--1", replica="a--1-r"),
        environment={}, ports=frozenset(), console=Console(),
    )
    running = await engine.start(launch)
    print(running._process.pid, flush=True)
    await running.ended()

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_twin_takes_its_replicas_along(tmp_path):
    twin = subprocess.Popen([sys.executable, "-c", TWIN, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert twin.stdout is not None
    replica = int(twin.stdout.readline())

    twin.kill()
    twin.wait()
    twin.stdout.close()

    deadline = time.monotonic() + 5
    while alive(replica) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(replica)


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def survivor(state: Path, **changes: float) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
    folder = state / "replicas" / "a--1-r"
    folder.mkdir(parents=True)
    noted = {"pid": process.pid, "started": psutil.Process(process.pid).create_time(), **changes}
    (folder / "process.json").write_text(json.dumps(noted))
    return process


def test_a_replica_that_outlived_its_twin_is_ended(tmp_path):
    process = survivor(tmp_path)

    assert end_leftovers(tmp_path) == 1
    assert process.wait(5) == -signal.SIGKILL
    assert not (tmp_path / "replicas").exists()


def test_another_process_under_a_noted_number_is_left_alone(tmp_path):
    process = survivor(tmp_path, started=1.0)

    assert end_leftovers(tmp_path) == 0
    os.kill(process.pid, 0)
    process.kill()
    process.wait()
