import asyncio
import operator
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, StateGraph

from frmk.checkpoint.factory import open_checkpointer
from frmk.errors import StoreError, UsageError


@dataclass
class Trip:
    city: str


class State(TypedDict):
    seen: Annotated[list[Any], operator.add]


def counting_graph(checkpointer):
    graph = StateGraph(State)
    graph.add_node("count", lambda state: {"seen": [AIMessage(f"answer {len(state['seen'])}")]})
    graph.add_edge(START, "count")
    graph.add_edge("count", END)
    return graph.compile(checkpointer=checkpointer)


def on(thread):
    return {"configurable": {"thread_id": thread}}


@pytest.fixture(params=["memory", "sqlite"])
async def checkpointer(request, tmp_path):
    async with open_checkpointer(request.param, tmp_path / "state" / "checkpoints.sqlite") as saver:
        yield saver


async def test_a_graph_goes_on_where_its_thread_stopped(checkpointer):
    graph = counting_graph(checkpointer)

    await graph.ainvoke({"seen": ["one"]}, on("t"))
    state = await graph.ainvoke({"seen": ["two"]}, on("t"))

    assert [getattr(item, "content", item) for item in state["seen"]] == [
        "one",
        "answer 1",
        "two",
        "answer 3",
    ]
    assert (await graph.ainvoke({"seen": []}, on("other")))["seen"][0].content == "answer 0"


async def test_a_deleted_thread_starts_anew(checkpointer):
    graph = counting_graph(checkpointer)
    await graph.ainvoke({"seen": ["one"]}, on("t"))
    await graph.ainvoke({"seen": ["one"]}, on("kept"))

    await checkpointer.adelete_thread("t")

    assert (await graph.aget_state(on("t"))).values == {}
    assert len((await graph.aget_state(on("kept"))).values["seen"]) == 2


async def test_many_threads_at_once_do_not_mix(checkpointer):
    graph = counting_graph(checkpointer)

    states = await asyncio.gather(*(graph.ainvoke({"seen": [n]}, on(f"t{n}")) for n in range(20)))

    assert [state["seen"][0] for state in states] == list(range(20))


async def test_sqlite_checkpoints_outlive_their_saver(tmp_path):
    path = tmp_path / "checkpoints.sqlite"
    async with open_checkpointer("sqlite", path) as saver:
        await counting_graph(saver).ainvoke({"seen": ["one"]}, on("t"))

    async with open_checkpointer("sqlite", path) as saver:
        state = await counting_graph(saver).aget_state(on("t"))

    assert state.values["seen"][1].content == "answer 1"


async def test_a_checkpoint_restores_only_the_classes_that_were_named(tmp_path, caplog):
    path = tmp_path / "checkpoints.sqlite"
    async with open_checkpointer("sqlite", path, types=[Trip]) as saver:
        await counting_graph(saver).ainvoke({"seen": [Trip("Lisbon")]}, on("t"))
        assert (await counting_graph(saver).aget_state(on("t"))).values["seen"][0] == Trip("Lisbon")

    async with open_checkpointer("sqlite", path) as saver:
        state = await counting_graph(saver).aget_state(on("t"))

    assert not isinstance(state.values["seen"][0], Trip)
    assert "Blocked deserialization" in caplog.text


async def test_a_deleted_thread_leaves_no_byte_in_any_file(tmp_path):
    async with open_checkpointer("sqlite", tmp_path / "checkpoints.sqlite") as saver:
        await counting_graph(saver).ainvoke({"seen": ["Zanzibar " * 900]}, on("t-doomed"))
        await saver.adelete_thread("t-doomed")

        files = [path for path in tmp_path.iterdir() if not path.name.endswith("-shm")]
        raw = b"".join(path.read_bytes() for path in files)

    assert b"Zanzibar" not in raw
    assert b"t-doomed" not in raw


async def test_an_unknown_kind_is_refused():
    with pytest.raises(UsageError, match=r"no checkpointer 'redis'. Allowed: memory, sqlite"):
        async with open_checkpointer("redis"):
            pass


async def test_sqlite_without_a_path_is_refused():
    with pytest.raises(UsageError, match="needs the path"):
        async with open_checkpointer("sqlite"):
            pass


@pytest.mark.parametrize("fault", ["folder", "letter"])
async def test_a_path_that_holds_something_else_is_a_clear_error(tmp_path, fault):
    path = tmp_path / "checkpoints.sqlite"
    path.mkdir() if fault == "folder" else path.write_text("A letter to my aunt. " * 100)

    with pytest.raises(StoreError, match=r"checkpoints\.sqlite' cannot be used"):
        async with open_checkpointer("sqlite", path):
            pass
