"""Two processes on one store: one follows the other's run, and carries it on when the other is killed."""

import asyncio
import json
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

import pytest

from frmk.runs.rules import broken_rules
from frmk.runs.states import RunStatus
from tests.frmk.runs.cosmos_db import fresh_container
from tests.frmk.runs.replica import opened
from tests.frmk.runs.scripted import LIMITS, ScriptExecutor, whole_turn


@pytest.fixture(params=["sqlite", "cosmos"])
async def where(request, tmp_path):
    """Say where both processes find the same empty store."""
    async with AsyncExitStack() as stack:
        if request.param == "sqlite":
            yield {"path": str(tmp_path / "runs.sqlite")}
            return
        server = request.getfixturevalue("database_server")
        container = await stack.enter_async_context(fresh_container(server))
        yield {"server": asdict(server), "database": container.container_link.split("/")[1]}


@pytest.fixture
async def replica(where):
    """Start a process that runs one run of user ana without end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.frmk.runs.replica",
        json.dumps(where),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path.cwd(),
    )
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


async def test_when_a_replicas_process_is_killed_another_one_carries_on(replica, engine_on, where):
    run_id = (await asyncio.wait_for(replica.stdout.readline(), 30)).decode().strip()
    again = [step.model_copy(update={"data": _renamed(step.data)}) for step in whole_turn()]
    async with opened(where) as store:
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
        await engine.close()


def _renamed(data):
    parent = data["parent_run_id"]
    return {**data, "agent_run_id": f"{data['agent_run_id']}2", "parent_run_id": parent and f"{parent}2"}
