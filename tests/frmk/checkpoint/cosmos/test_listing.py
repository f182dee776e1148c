"""Lists across namespaces and threads, with filters, limits and cursors, judged by LangGraph's own saver."""

import random
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from frmk.checkpoint.cosmos import CosmosSaver, Meter
from tests.frmk.checkpoint.cosmos.graphs import put, state, thread

SPACES = ["", "child", "child|grandchild:7"]


async def ids(saver: Any, config: RunnableConfig | None, **options: Any) -> list[str]:
    return [found.checkpoint["id"] async for found in saver.alist(config, **options)]


def anywhere(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}


async def grown(seed: int, *savers: Any) -> list[RunnableConfig]:
    """Grow the same threads in every saver: chains, forks, writes, several namespaces."""
    chance = random.Random(seed)
    stored: list[RunnableConfig] = []
    for number in range(25):
        place = thread(chance.choice("ab"), chance.choice(SPACES))
        peers = [
            config
            for config in stored
            if config["configurable"]["thread_id"] == place["configurable"]["thread_id"]
            and config["configurable"]["checkpoint_ns"] == place["configurable"]["checkpoint_ns"]
        ]
        parent = chance.choice([*peers, peers[-1]]) if peers else place
        checkpoint = state(value=number)
        source, score = chance.choice(["loop", "input"]), chance.choice([None, 1, True, "1"])
        for saver in savers:
            config = await put(saver, parent, checkpoint, source=source, score=score)
            if number % 3 == 0:
                await saver.aput_writes(config, [("c", number)], "task", "path")
        stored.append(config)
    return stored


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 4))])
async def test_lists_hold_what_langgraphs_own_saver_lists(saver: CosmosSaver, seed: int) -> None:
    judge = InMemorySaver()
    stored = await grown(seed, saver, judge)
    chance = random.Random(seed)
    configs = [
        anywhere("a"),
        *(thread(name, ns) for name in "ab" for ns in SPACES),
        chance.choice(stored),
        None,
    ]
    filters = [None, {"source": "loop"}, {"score": 1}, {"score": None}, {"source": "input", "score": "1"}]
    for config in configs:
        for wanted in filters:
            for before in (None, chance.choice(stored)):
                ours = await ids(saver, config, filter=wanted, before=before)
                theirs = await ids(judge, config, filter=wanted, before=before)
                assert ours == (theirs if _one_lane(config) else sorted(theirs, reverse=True))
                assert await ids(saver, config, filter=wanted, before=before, limit=2) == ours[:2]


def _one_lane(config: RunnableConfig | None) -> bool:
    return config is not None and "checkpoint_ns" in config["configurable"]


@pytest.mark.parametrize("seed", range(3))
async def test_tuples_are_those_of_langgraphs_own_saver(saver: CosmosSaver, seed: int) -> None:
    judge = InMemorySaver()
    for config in await grown(seed, saver, judge):
        ours, theirs = await saver.aget_tuple(config), await judge.aget_tuple(config)
        assert ours is not None
        assert theirs is not None
        assert ours.config == theirs.config
        assert ours.parent_config == theirs.parent_config
        assert ours.metadata == theirs.metadata
        assert ours.pending_writes == theirs.pending_writes


async def test_a_limit_of_none_of_them_asks_for_nothing(saver: CosmosSaver, meter: Meter) -> None:
    await put(saver, thread("t"), state())
    before = meter.total
    assert await ids(saver, thread("t"), limit=0) == []
    assert await ids(saver, anywhere("t"), limit=0) == []
    assert meter.total == before


async def test_config_metadata_is_merged_and_found(saver: CosmosSaver) -> None:
    config = thread("t") | {"metadata": {"tenant": "north"}}
    config["configurable"]["assistant"] = "travel"
    await put(saver, config, state())
    found = [one async for one in saver.alist(thread("t"), filter={"tenant": "north", "assistant": "travel"})]
    assert len(found) == 1
    assert not await ids(saver, thread("t"), filter={"tenant": "south"})


async def test_a_long_thread_is_listed_page_by_page(saver: CosmosSaver, meter: Meter) -> None:
    config = thread("t")
    for number in range(120):
        config = await put(saver, config, state(value=number))
        await saver.aput_writes(config, [("c", number)], "task")
    before = meter.total
    found = [one async for one in saver.alist(thread("t"))]
    assert meter.total - before == 3
    assert [one.pending_writes[0][2] for one in found if one.pending_writes] == list(range(119, -1, -1))
