"""Delta channels: rebuilt as LangGraph's own saver rebuilds them, in one pass."""

from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

import pytest
from azure.cosmos.aio import ContainerProxy
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

from frmk.checkpoint.cosmos import CosmosSaver, Meter
from frmk.checkpoint.cosmos.errors import BrokenHistoryError
from tests.frmk.checkpoint.cosmos.graphs import thread


def joined(log: list[str], writes: Sequence[list[str]]) -> list[str]:
    return [*log, *(entry for write in writes for entry in write)]


def growing(saver: BaseCheckpointSaver[Any], snapshot_frequency: int) -> Any:
    class Growing(TypedDict):
        log: Annotated[list[str], DeltaChannel(joined, list, snapshot_frequency=snapshot_frequency)]

    builder: Any = StateGraph(Growing)
    for name in ("left", "right", "last"):

        async def node(state: Any, name: str = name) -> dict[str, Any]:
            return {"log": [f"{name}-{len(state['log'])}"]}

        builder.add_node(name, node)
    builder.add_edge(START, "left")
    builder.add_edge(START, "right")
    builder.add_edge(["left", "right"], "last")
    builder.add_edge("last", END)
    return builder.compile(checkpointer=saver)


@pytest.mark.parametrize("frequency", [1, 4, 1000])
@pytest.mark.parametrize("durability", ["async", "exit"])
async def test_a_delta_channel_is_what_langgraphs_own_saver_makes_of_it(
    saver: CosmosSaver, frequency: int, durability: str
) -> None:
    logs = []
    for one in (saver, InMemorySaver()):
        graph = growing(one, frequency)
        for number in range(5):
            await graph.ainvoke({"log": [str(number)]}, thread("t"), durability=durability)
        logs.append((await graph.aget_state(thread("t"))).values["log"])
    assert logs[0] == logs[1]
    assert len(logs[0]) == 20


async def test_every_earlier_state_is_rebuilt_too(saver: CosmosSaver) -> None:
    graph = growing(saver, 3)
    for number in range(3):
        await graph.ainvoke({"log": [str(number)]}, thread("t"))
    latest = (await graph.aget_state(thread("t"))).values["log"]
    history = [snapshot async for snapshot in graph.aget_state_history(thread("t"))]
    for snapshot in history:
        log = (await graph.aget_state(snapshot.config)).values.get("log", [])
        assert log == latest[: len(log)]
    fork = next(snapshot for snapshot in history if snapshot.next == ("last",))
    again = await graph.ainvoke(None, fork.config)
    assert again["log"][:-1] == fork.values["log"]


async def test_it_takes_two_requests(saver: CosmosSaver, meter: Meter) -> None:
    graph = growing(saver, 1000)
    for number in range(4):
        await graph.ainvoke({"log": [str(number)]}, thread("t"))
    before = meter.total
    found = await saver.aget_delta_channel_history(config=thread("t"), channels=["log", "unknown"])
    assert meter.total - before == 2
    assert found["unknown"] == {"writes": []}
    assert [write[2] for write in found["log"]["writes"]][:2] == [["0"], ["left-1"]]
    default = await super(CosmosSaver, saver).aget_delta_channel_history(config=thread("t"), channels=["log"])
    assert default["log"] == found["log"]
    assert await saver.aget_delta_channel_history(config=thread("t"), channels=[]) == {}


@pytest.mark.parametrize("frequency", [3, 1000])
async def test_pruning_keeps_what_a_delta_channel_is_rebuilt_from(saver: CosmosSaver, frequency: int) -> None:
    graph = growing(saver, frequency)
    for number in range(5):
        await graph.ainvoke({"log": [str(number)]}, thread("t"))
    before = (await graph.aget_state(thread("t"))).values
    await saver.aprune(["t"])
    assert (await graph.aget_state(thread("t"))).values == before
    left = len([one async for one in saver.alist(thread("t"))])
    assert left < 10 or frequency == 1000
    await graph.ainvoke({"log": ["after"]}, thread("t"))
    assert (await graph.aget_state(thread("t"))).values["log"][: len(before["log"])] == before["log"]


async def test_a_history_with_a_gap_is_refused_and_not_cut_short(
    saver: CosmosSaver, container: ContainerProxy
) -> None:
    graph = growing(saver, 1000)
    for number in range(3):
        await graph.ainvoke({"log": [str(number)]}, thread("t"))
    items = [item async for item in container.query_items("SELECT c.id, c.pk, c.s, c.kind FROM c")]
    checkpoints = sorted((item for item in items if item["kind"] == "checkpoint"), key=lambda item: item["s"])
    await container.delete_item(checkpoints[len(checkpoints) // 2]["id"], "t")
    with pytest.raises(BrokenHistoryError, match=r"\['log'\]"):
        await graph.aget_state(thread("t"))
