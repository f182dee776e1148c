"""A thread's checkpoints stay bounded, and the thread remembers what it did."""

from itertools import pairwise

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy

from frmk.agents import executor as engine
from frmk.agents.executor import GraphExecutor
from frmk.checkpoint.cosmos.containers import CHECKPOINTS
from frmk.checkpoint.factory import CosmosContainer, open_checkpointer
from frmk.goal import Goal
from frmk.llm.chain import ModelChain
from frmk.runs.executor import Turn
from frmk.testing import ScriptedModel
from tests.database import cosmos_database, database_server

__all__ = ["cosmos_database", "database_server"]  # fixtures


async def talked(executor: GraphExecutor, messages: list[str], container: ContainerProxy) -> list[int]:
    """Return how many documents the thread has after each turn."""
    sizes = []
    for number, message in enumerate(messages):
        turn = Turn(
            run_id=f"r{number}",
            user="u",
            thread_id="t",
            message=message,
            context={},
            goal="travel_planning",
            attempt=1,
        )
        drafts = [draft async for draft in executor.execute(turn)]
        assert drafts[-1].data["message"]
        sizes.append(len([item async for item in container.read_all_items()]))
    return sizes


@pytest.fixture
async def container(cosmos_database: DatabaseProxy) -> ContainerProxy:
    key = PartitionKey(CHECKPOINTS.partition_key)
    return await cosmos_database.create_container("checkpoints", key, default_ttl=-1)


async def test_old_checkpoints_go_and_what_was_said_stays(
    goal: Goal, container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PRUNED_EVERY_STEPS", 12)
    first, second, third = (turn.message for turn in goal.examples.memory)
    async with open_checkpointer("cosmos", container=CosmosContainer(proxy=container)) as checkpointer:
        executor = GraphExecutor({goal.name: goal}, ModelChain([ScriptedModel()]), checkpointer)
        sizes = await talked(executor, [first, second, *[third] * 6], container)
        state = await executor._graph.aget_state(executor._config("u", "t"))

    unpruned = max(after - before for before, after in zip([0, *sizes], sizes, strict=False))
    assert max(sizes) <= 4 * unpruned
    assert sum(after < before for before, after in pairwise(sizes)) >= 2
    assert len(state.values["messages"]) == 16
    assert all(text in state.values["answer"]["message"] for text in goal.examples.memory[-1].contains)


async def test_a_checkpointer_that_cannot_prune_is_asked_once(
    goal: Goal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PRUNED_EVERY_STEPS", 1)
    asked: list[str] = []
    async with open_checkpointer("memory") as checkpointer:
        before = checkpointer.aprune

        async def aprune(*args: object, **options: object) -> None:
            asked.append("aprune")
            await before(*args, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(checkpointer, "aprune", aprune)
        executor = GraphExecutor({goal.name: goal}, ModelChain([ScriptedModel()]), checkpointer)
        for number in range(2):
            turn = Turn(
                run_id=f"r{number}",
                user="u",
                thread_id="t",
                message="hello",
                context={},
                goal=goal.name,
                attempt=1,
            )
            assert [draft async for draft in executor.execute(turn)]

    assert asked == ["aprune"]
