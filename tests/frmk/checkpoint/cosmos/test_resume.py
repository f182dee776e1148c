"""What a run finds when it goes on: pending writes, in order, and an unbroken chain of parents."""

import asyncio
import operator
from typing import Annotated, Any, TypedDict

import pytest
from azure.cosmos.aio import ContainerProxy
from langgraph.checkpoint.serde.types import ERROR, INTERRUPT, RESUME
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send, interrupt

from frmk.checkpoint.cosmos import CosmosSaver, Meter
from tests.frmk.checkpoint.cosmos.faults import FaultyTransport, writes
from tests.frmk.checkpoint.cosmos.graphs import put, state, thread, three_nodes


class Log(TypedDict):
    log: Annotated[list[str], operator.add]


async def test_a_finished_sibling_does_not_run_again_after_a_slow_put(
    faulty: ContainerProxy, transport: FaultyTransport
) -> None:
    ran: list[str] = []

    async def good(_: Log) -> Log:
        ran.append("good")
        return {"log": ["good"]}

    async def bad(_: Log) -> Log:
        await asyncio.sleep(0.1)
        ran.append("bad")
        if ran.count("bad") == 1:
            raise OSError("the tool broke")
        return {"log": ["bad"]}

    builder = StateGraph(Log)
    builder.add_node("good", good)
    builder.add_node("bad", bad)
    for name in ("good", "bad"):
        builder.add_edge(START, name)
        builder.add_edge(name, END)
    saver = CosmosSaver(faulty)
    graph = builder.compile(checkpointer=saver)
    transport.chosen, transport.hold = writes, asyncio.Event()
    asyncio.get_running_loop().call_later(0.3, transport.hold.set)
    with pytest.raises(OSError, match="the tool broke"):
        await graph.ainvoke({"log": []}, thread("t"), durability="async")
    result = await graph.ainvoke(None, thread("t"))
    assert sorted(result["log"]) == ["bad", "good"]
    assert ran == ["good", "bad", "bad"]


async def test_writes_that_arrive_before_their_checkpoint_are_found_with_it(saver: CosmosSaver) -> None:
    older = await put(saver, thread("t"), state())
    checkpoint = state()
    await saver.aput_writes(thread("t", checkpoint_id=checkpoint["id"]), [("c", 1)], "task")
    read = await saver.aget_tuple(thread("t"))
    assert read is not None
    assert read.config == older
    assert read.pending_writes == []
    await put(saver, older, checkpoint)
    read = await saver.aget_tuple(thread("t"))
    assert read is not None
    assert read.pending_writes == [("task", "c", 1)]


async def test_the_chain_of_parents_holds_over_turns(saver: CosmosSaver) -> None:
    graph = three_nodes(saver)
    for number in range(3):
        await graph.ainvoke({"log": [str(number)]}, thread("t"))
    found = {found.config["configurable"]["checkpoint_id"]: found async for found in saver.alist(thread("t"))}
    steps = []
    latest = await saver.aget_tuple(thread("t"))
    while latest is not None:
        steps.append(latest.metadata["step"])
        parent = latest.parent_config
        latest = found.get(parent["configurable"]["checkpoint_id"]) if parent else None
    assert steps == list(range(13, -2, -1))


async def test_pending_writes_come_in_the_order_in_which_they_apply(saver: CosmosSaver) -> None:
    stored = await put(saver, thread("t"), state())
    await saver.aput_writes(stored, [("c", "b0"), ("c", "b1")], "task-a", "~path, 2")
    await saver.aput_writes(stored, [("c", "a0"), ("c", "a1")], "task-b", "~path, 1")
    await saver.aput_writes(stored, [("c", "none")], "task-c")
    await saver.aput_writes(stored, [(INTERRUPT, "stop")], "task-b", "~path, 1")
    found = await saver.aget_tuple(stored)
    assert found is not None
    assert [write[2] for write in found.pending_writes or []] == ["none", "stop", "a0", "a1", "b0", "b1"]


async def test_an_ordinary_write_stands_and_a_special_one_is_replaced(saver: CosmosSaver) -> None:
    stored = await put(saver, thread("t"), state())
    await saver.aput_writes(stored, [("c", "first"), (ERROR, "one")], "task")
    await saver.aput_writes(stored, [("c", "second"), (ERROR, "two"), ("d", "more")], "task")
    await saver.aput_writes(stored, [(RESUME, "yes")], "task")
    found = await saver.aget_tuple(stored)
    assert found is not None
    assert [write[1:] for write in found.pending_writes or []] == [
        (RESUME, "yes"),
        (ERROR, "two"),
        ("c", "first"),
        ("d", "more"),
    ]


async def test_writes_added_by_two_processes_at_once_are_all_kept(container: ContainerProxy) -> None:
    savers = [CosmosSaver(container) for _ in range(4)]
    stored = await put(savers[0], thread("t"), state())
    await savers[0].aput_writes(stored, [("c0", 0)], "task")

    async def add(saver: CosmosSaver, number: int) -> None:
        await saver.aput_writes(stored, [(f"c{idx}", idx) for idx in range(number)], "task")

    await asyncio.gather(*(add(saver, number + 2) for number, saver in enumerate(savers)))
    found = await savers[0].aget_tuple(stored)
    assert found is not None
    assert [write[2] for write in found.pending_writes or []] == [0, 1, 2, 3, 4]


async def test_many_parallel_tasks_are_read_with_few_requests(saver: CosmosSaver, meter: Meter) -> None:
    stored = await put(saver, thread("t"), state())
    for number in range(40):
        await saver.aput_writes(stored, [("c", number)], f"task-{number:02}", f"~pull, {number:02}")
    before = meter.total
    found = await saver.aget_tuple(thread("t"))
    assert meter.total - before == 2
    assert found is not None
    assert [write[2] for write in found.pending_writes or []] == list(range(40))


async def test_an_interrupt_in_parallel_branches_resumes_each_of_them(saver: CosmosSaver) -> None:
    async def ask(arg: Any) -> Log:
        return {"log": [f"{arg}={interrupt(arg)}"]}

    builder = StateGraph(Log)
    builder.add_node("ask", ask)
    builder.add_conditional_edges(START, lambda _: [Send("ask", name) for name in ("a", "b", "c")])
    builder.add_edge("ask", END)
    graph = builder.compile(checkpointer=saver)
    stopped = await graph.ainvoke({"log": []}, thread("t"))
    answers = {waiting.id: waiting.value.upper() for waiting in stopped["__interrupt__"]}
    result = await graph.ainvoke(Command(resume=answers), thread("t"))
    assert result["log"] == ["a=A", "b=B", "c=C"]


async def test_subgraphs_keep_their_own_namespace(saver: CosmosSaver) -> None:
    async def ask(_: Log) -> Log:
        return {"log": [interrupt("inner")]}

    inner = StateGraph(Log)
    inner.add_node("ask", ask)
    inner.add_edge(START, "ask")
    outer = StateGraph(Log)
    outer.add_node("child", inner.compile())
    outer.add_edge(START, "child")
    graph = outer.compile(checkpointer=saver)
    await graph.ainvoke({"log": ["in"]}, thread("t"))
    snapshot = await graph.aget_state(thread("t"), subgraphs=True)
    assert snapshot.tasks[0].state.next == ("ask",)
    result = await graph.ainvoke(Command(resume="out"), thread("t"))
    assert result["log"][-1] == "out"
    spaces = {
        found.config["configurable"]["checkpoint_ns"]
        async for found in saver.alist({"configurable": {"thread_id": "t"}})
    }
    assert "" in spaces
    assert len(spaces) == 2
