"""Two turns at once on one thread, and the forks that are wanted."""

import asyncio
from typing import Any, Literal

import pytest
from azure.cosmos.aio import ContainerProxy
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple
from typing_extensions import override

from frmk.checkpoint.cosmos import ConcurrentTurnError, CosmosSaver, Meter
from tests.frmk.checkpoint.cosmos.conftest import everything
from tests.frmk.checkpoint.cosmos.graphs import put, state, thread, three_nodes

Durability = Literal["sync", "async", "exit"]


class Together(CosmosSaver):
    """Let no turn go on before both have read the thread: the race that the guard is there for."""

    def __init__(self, container: ContainerProxy, *, guard_turns: bool = True) -> None:
        super().__init__(container, guard_turns=guard_turns)
        self._reading = 2
        self._read = asyncio.Event()

    @override
    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        found = await super().aget_tuple(config)
        self._reading -= 1
        if self._reading <= 0:
            self._read.set()
        await self._read.wait()
        return found


async def both(graph: Any, durability: Durability) -> tuple[list[Any], list[BaseException]]:
    turns = [graph.ainvoke({"log": [name]}, thread("t"), durability=durability) for name in ("one", "two")]
    results = await asyncio.gather(*turns, return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    return [result for result in results if result not in failed], failed


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
@pytest.mark.parametrize("before", [[], ["zero", "x", "y", "z"]])
async def test_of_two_turns_at_once_one_is_refused_and_nothing_is_lost(
    container: ContainerProxy, durability: Durability, before: list[str]
) -> None:
    graph = three_nodes(CosmosSaver(container))
    if before:
        await graph.ainvoke({"log": ["zero"]}, thread("t"))
    finished, failed = await both(three_nodes(Together(container)), durability)
    assert len(finished) == 1
    assert isinstance(failed[0], ConcurrentTurnError)
    assert "Run one turn at a time" in str(failed[0])
    kept = (await graph.aget_state(thread("t"))).values["log"]
    assert kept == finished[0]["log"] == [*before, kept[len(before)], "x", "y", "z"]
    # The thread is as usable as before.
    assert len((await graph.ainvoke({"log": ["after"]}, thread("t")))["log"]) == len(kept) + 4


async def test_the_turn_may_be_repeated_after_a_refusal(container: ContainerProxy) -> None:
    graph = three_nodes(CosmosSaver(container))
    await graph.ainvoke({"log": ["zero"]}, thread("t"))
    _, failed = await both(three_nodes(Together(container)), "async")
    assert len(failed) == 1
    again = await graph.ainvoke({"log": ["again"]}, thread("t"))
    assert again["log"][-4:] == ["again", "x", "y", "z"]


async def test_a_turn_that_overtakes_another_makes_the_slower_one_fail(container: ContainerProxy) -> None:
    slow, fast = CosmosSaver(container), CosmosSaver(container)
    first = await put(slow, thread("t"), state())
    await slow.aget_tuple(thread("t"))
    ours = await put(slow, first, state())

    async def other() -> None:
        read = await fast.aget_tuple(thread("t"))
        assert read is not None
        await put(fast, read.config, state())

    await asyncio.create_task(other())
    with pytest.raises(ConcurrentTurnError):
        await put(slow, ours, state())


async def test_without_the_guard_both_are_stored_as_forks(container: ContainerProxy) -> None:
    finished, failed = await both(three_nodes(Together(container, guard_turns=False)), "async")
    assert (len(finished), failed) == (2, [])


async def test_a_run_from_an_earlier_checkpoint_is_a_fork(saver: CosmosSaver) -> None:
    graph = three_nodes(saver)
    await graph.ainvoke({"log": ["one"]}, thread("t"))
    history = [snapshot async for snapshot in graph.aget_state_history(thread("t"))]
    before_y = next(snapshot for snapshot in history if snapshot.next == ("y",))
    for _ in range(2):
        again = await graph.ainvoke(None, before_y.config)
        assert again["log"] == ["one", "x", "y", "z"]
    changed = await graph.aupdate_state(before_y.config, {"log": ["changed"]})
    assert (await graph.aget_state(changed)).values["log"] == ["one", "x", "changed"]
    assert len([s async for s in graph.aget_state_history(thread("t"))]) > len(history) + 4


async def test_the_latest_state_may_be_updated_again_and_again(saver: CosmosSaver) -> None:
    graph = three_nodes(saver)
    await graph.ainvoke({"log": ["one"]}, thread("t"))
    for number in range(3):
        await graph.aupdate_state(thread("t"), {"log": [str(number)]}, as_node="z")
    assert (await graph.aget_state(thread("t"))).values["log"][-3:] == ["0", "1", "2"]


async def test_a_checkpoint_put_twice_is_stored_once(saver: CosmosSaver, container: ContainerProxy) -> None:
    await saver.aget_tuple(thread("t"))
    checkpoint = state(value="old")
    first = await put(saver, thread("t"), checkpoint)
    again = {**checkpoint, "channel_values": {"value": "new"}}
    assert await put(saver, thread("t"), again) == first  # type: ignore[arg-type]
    assert len(await everything(container)) == 1
    found = await saver.aget_tuple(thread("t"))
    assert found is not None
    assert found.checkpoint["channel_values"] == {"value": "new"}


async def test_what_was_read_long_ago_is_not_held_in_memory_for_ever(container: ContainerProxy) -> None:
    from frmk.checkpoint.cosmos import turns  # noqa: PLC0415

    saver = CosmosSaver(container, on_charge=Meter())
    for number in range(40):
        await saver.aget_tuple(thread(str(number)))
    assert len(turns._seen.get() or {}) <= 32
    assert turns.guarded(turns.Place(container.container_link, "39", ""), None) is not None
