"""What a turn costs in requests."""

import asyncio
import operator
from typing import Annotated, TypedDict

from azure.cosmos.aio import ContainerProxy
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from frmk.checkpoint.cosmos import CosmosSaver, Meter
from tests.frmk.checkpoint.cosmos.graphs import put, state, thread, three_nodes


async def spent(meter: Meter, work: object) -> int:
    before = meter.total
    await work  # type: ignore[misc]
    return meter.total - before


async def test_a_turn_takes_ten_requests(saver: CosmosSaver, meter: Meter) -> None:
    graph, config = three_nodes(saver), thread("t")
    await graph.ainvoke({"log": ["warm"]}, thread("other"))
    assert await spent(meter, graph.ainvoke({"log": ["in"]}, config)) == 10
    assert await spent(meter, graph.ainvoke({"log": ["in"]}, config)) == 10
    assert await spent(meter, graph.ainvoke({"log": ["in"]}, config, durability="exit")) == 2


async def test_the_state_and_a_short_history_take_one_request(saver: CosmosSaver, meter: Meter) -> None:
    graph, config = three_nodes(saver), thread("t")
    for _ in range(3):
        await graph.ainvoke({"log": ["in"]}, config)
    assert await spent(meter, graph.aget_state(config)) == 1
    found = []

    async def history() -> None:
        found.extend([snapshot async for snapshot in graph.aget_state_history(config, limit=5)])

    assert await spent(meter, history()) == 1
    assert [snapshot.metadata["step"] for snapshot in found] == [13, 12, 11, 10, 9]


async def test_thirty_writes_take_one_request(saver: CosmosSaver, meter: Meter) -> None:
    stored = await put(saver, thread("t"), state())
    writes = [(f"channel-{number}", number) for number in range(30)]
    assert await spent(meter, saver.aput_writes(stored, writes, "task")) == 1
    found = await saver.aget_tuple(stored)
    assert found is not None
    assert found.pending_writes == [("task", *write) for write in writes]


class Question(TypedDict):
    log: Annotated[list[str], operator.add]


async def test_a_turn_that_waits_for_an_answer_is_read_in_one_request(
    saver: CosmosSaver, meter: Meter
) -> None:
    async def ask(_: Question) -> Question:
        return {"log": [interrupt("which city?")]}

    builder = StateGraph(Question)
    builder.add_node("ask", ask)
    builder.add_edge(START, "ask")
    builder.add_edge("ask", END)
    graph, config = builder.compile(checkpointer=saver), thread("t")
    await graph.ainvoke({"log": []}, config)
    assert await spent(meter, graph.aget_state(config)) == 1
    assert (await graph.aget_state(config)).tasks[0].interrupts[0].value == "which city?"
    assert (await graph.ainvoke(Command(resume="Lisbon"), config))["log"] == ["Lisbon"]


async def test_charges_are_told_per_thread(container: ContainerProxy) -> None:
    meter = Meter()
    graph = three_nodes(CosmosSaver(container, on_charge=meter))
    await asyncio.gather(*(graph.ainvoke({"log": ["in"]}, thread(name)) for name in ("a", "b")))
    assert meter.by_thread.keys() == {"a", "b"}
    assert min(meter.by_thread.values()) > 0
    total = meter.request_units
    assert abs(sum(meter.by_thread.values()) - total) < 1e-6
    assert meter.forget("a") > 0
    assert meter.by_thread.keys() == {"b"}
