import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from frmk.runs.rules import broken_rules
from frmk.runs.sqlite import SqliteStore
from frmk.runs.states import RunStatus
from tests.frmk.runs.scripted import LIMITS, ScriptExecutor, whole_turn

REPLICA = """
import asyncio, sys
from pathlib import Path
from frmk.runs.engine import RunEngine
from frmk.runs.sqlite import SqliteStore
from tests.frmk.runs.scripted import LIMITS, ScriptExecutor, ask, draft, whole_turn

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    words = [step for n in range(1000) for step in (draft("agent_thinking", text=f"word {n}"), 0.001)]
    engine = RunEngine(store, ScriptExecutor([*whole_turn()[:4], *words, 60.0]), owner="first", limits=LIMITS)
    await engine.open()
    run = await engine.start(ask())
    print(run.run_id, flush=True)
    await engine.wait("ana", run.run_id)

asyncio.run(main())
"""


@pytest.fixture
async def replica(tmp_path):
    """Start a process that runs one run of user ana without end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        REPLICA,
        str(tmp_path / "runs.sqlite"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path.cwd(),
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


async def test_when_a_replicas_process_is_killed_another_one_carries_on(replica, engine_on, tmp_path):
    run_id = (await asyncio.wait_for(replica.stdout.readline(), 30)).decode().strip()
    store = SqliteStore(tmp_path / "runs.sqlite")
    again = [step.model_copy(update={"data": _renamed(step.data)}) for step in whole_turn()]
    engine = await engine_on(store, ScriptExecutor(again), "second", LIMITS)
    events = []
    async for event in engine.follow("ana", run_id):
        events.append(event)
        if event.seq == 20:
            replica.send_signal(signal.SIGKILL)

    assert broken_rules(events) == []
    assert len(events) > 20 + len(again) - 3
    assert "Interrupted" in [event.data.get("error") for event in events]
    done = await engine.run("ana", run_id)
    assert (done.status, done.attempt, done.last_seq) == (RunStatus.COMPLETED, 2, len(events))
    await store.close()


def _renamed(data):
    parent = data["parent_run_id"]
    return {**data, "agent_run_id": f"{data['agent_run_id']}2", "parent_run_id": parent and f"{parent}2"}
