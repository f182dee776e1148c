"""The graph under the real engine and the real stores: what the two promise each other."""

from pathlib import Path
from typing import Any

import pytest

from frmk.agents.executor import GraphExecutor
from frmk.checkpoint.factory import open_checkpointer
from frmk.events import EventType
from frmk.goal import Goal
from frmk.llm.chain import ModelChain
from frmk.runs.engine import RunEngine
from frmk.runs.models import RunLimits, StartRun
from frmk.runs.sqlite import SqliteStore
from frmk.testing import ScriptedModel


async def conversation(folder: Path, goal: Goal, messages: list[str]) -> list[Any]:
    """Run messages one after another, each with a store and a checkpointer opened anew."""
    runs = []
    for message in messages:
        async with open_checkpointer("sqlite", folder / "checkpoints.db") as checkpointer:
            executor = GraphExecutor({goal.name: goal}, ModelChain([ScriptedModel()]), checkpointer)
            engine = RunEngine(SqliteStore(folder / "runs.db"), executor, owner="o", limits=RunLimits())
            await engine.open()
            request = StartRun(user="u", message=message, thread_id="t", context={}, goal=None)
            run = await engine.start(request)
            events = [event async for event in engine.follow("u", run.run_id)]
            runs.append((await engine.run("u", run.run_id), events))
            await engine.close()
            await engine._store.close()
    return runs


async def test_memory_outlives_a_restart_of_the_app(tmp_path: Path, goal: Goal) -> None:
    turns = goal.examples.memory
    runs = await conversation(tmp_path, goal, [turn.message for turn in turns])

    for turn, (run, events) in zip(turns, runs, strict=True):
        assert run.status == "completed"
        assert all(text in events[-1].data["message"] for text in turn.contains)


async def test_events_are_numbered_without_holes_and_the_last_is_final(tmp_path: Path, goal: Goal) -> None:
    [(run, events)] = await conversation(tmp_path, goal, [goal.examples.verified])

    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.final for event in events] == [False] * (len(events) - 1) + [True]
    assert len({event.type for event in events}) == 5
    assert run.usage["model"] == "scripted" if isinstance(run.usage, dict) else run.usage.model == "scripted"


@pytest.mark.parametrize("kind", [EventType.AGENT_STARTED, EventType.AGENT_COMPLETED])
async def test_every_agent_event_carries_a_digest(tmp_path: Path, goal: Goal, kind: EventType) -> None:
    [(_, events)] = await conversation(tmp_path, goal, [goal.examples.verified])

    digests = [event.data["context_hash"] for event in events if event.type is kind]

    assert len(digests) == 4
    assert all(len(digest) == 64 for digest in digests)
