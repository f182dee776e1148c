"""What expires, what is deleted, and what must stay; checked by scanning the container."""

import random

import pytest
from azure.cosmos.aio import ContainerProxy
from langchain_core.runnables import RunnableConfig

from frmk.checkpoint.cosmos import CosmosSaver, retention
from frmk.checkpoint.cosmos.errors import ThreadExistsError
from tests.database import DatabaseClock
from tests.frmk.checkpoint.cosmos.conftest import everything
from tests.frmk.checkpoint.cosmos.faults import FaultyTransport
from tests.frmk.checkpoint.cosmos.graphs import put, state, thread, three_nodes

LARGE = random.Random(3).randbytes(1_700_000)


async def ids(saver: CosmosSaver, thread_id: str) -> list[str]:
    return [one.checkpoint["id"] async for one in saver.alist({"configurable": {"thread_id": thread_id}})]


async def test_what_is_written_with_a_lifetime_expires(
    container: ContainerProxy, database_clock: DatabaseClock
) -> None:
    brief, lasting = CosmosSaver(container, ttl=database_clock.brief), CosmosSaver(container)
    stored = await put(brief, thread("brief"), state())
    await brief.aput_writes(stored, [("c", 1), ("__error__", 2)], "task")
    await put(lasting, thread("lasting"), state())
    assert await lasting.aget_tuple(thread("brief")) is not None
    await database_clock.pass_by(database_clock.brief + 2)
    assert await lasting.aget_tuple(thread("brief")) is None
    assert {item["pk"] for item in await everything(container)} == {"lasting"}


async def test_a_lifetime_may_depend_on_the_config(container: ContainerProxy) -> None:
    def lifetime(config: RunnableConfig) -> int | None:
        return {"trip": 3600}.get(config["configurable"].get("goal", ""))

    saver = CosmosSaver(container, ttl=lifetime)
    config = thread("t")
    config["configurable"]["goal"] = "trip"
    stored = await put(saver, config, state(value=LARGE))
    await saver.aput_writes({"configurable": {**stored["configurable"], "goal": "trip"}}, [("c", 1)], "task")
    await put(saver, thread("other"), state())
    kinds = {(item["pk"], item["kind"], item.get("ttl")) for item in await everything(container)}
    # Chunks outlive what refers to them.
    assert kinds == {
        ("t", "checkpoint", 3600),
        ("t", "writes", 3600),
        ("t", "chunk", 7200),
        ("other", "checkpoint", None),
    }


@pytest.mark.parametrize("ttl", [0, -2])
async def test_a_lifetime_that_cannot_be_is_refused(container: ContainerProxy, ttl: int) -> None:
    with pytest.raises(ValueError, match=f"1 second or more, or -1 for ever, and not {ttl}"):
        await put(CosmosSaver(container, ttl=ttl), thread("t"), state())


async def filled(saver: CosmosSaver, thread_id: str) -> None:
    graph = three_nodes(saver)
    for _ in range(3):
        await graph.ainvoke({"log": ["in"]}, thread(thread_id))
    large = await put(saver, thread(thread_id, "child"), state(value=LARGE))
    await saver.aput_writes(large, [("c", LARGE), ("__error__", 1)], "task")
    await saver.aput_writes(thread(thread_id, "", "1f-not-put-yet"), [("c", 1)], "task")


@pytest.mark.parametrize("status", [None, 400, 404])
async def test_a_deleted_thread_leaves_nothing(
    faulty: ContainerProxy, transport: FaultyTransport, container: ContainerProxy, status: int | None
) -> None:
    saver = CosmosSaver(faulty)
    for name in ("gone", "kept"):
        await filled(saver, name)
    kept = [item["id"] for item in await everything(container) if item["pk"] == "kept"]
    transport.chosen = lambda request: "partitionkeydelete" in request.url
    transport.sent.clear()
    transport.refuse = [] if status is None else [status]
    await saver.adelete_thread("gone")
    await saver.adelete_thread("gone")
    assert [item["id"] for item in await everything(container)] == kept
    # An account that does not offer the deletion of a partition is asked once.
    assert len(transport.sent) == (2 if status is None else 1)


async def test_a_thread_of_more_documents_than_a_batch_takes_is_deleted_in_batches(
    faulty: ContainerProxy, transport: FaultyTransport, container: ContainerProxy
) -> None:
    saver = CosmosSaver(faulty)
    config = thread("t")
    for _ in range(130):
        config = await put(saver, config, state())
    transport.chosen = lambda request: "partitionkeydelete" in request.url
    transport.refuse = [400]
    await saver.adelete_thread("t")
    assert await everything(container) == []


async def test_pruning_keeps_the_latest_of_each_namespace_and_all_it_needs(
    saver: CosmosSaver, container: ContainerProxy
) -> None:
    await filled(saver, "t")
    first = await put(saver, thread("t", "large"), state(value=LARGE))
    last = await put(saver, first, state(value=LARGE))
    await saver.aput_writes(last, [("c", 1)], "task")
    before = {ns: await saver.aget_tuple(thread("t", ns)) for ns in ("", "child", "large")}
    await saver.aprune(["t"])
    assert len(await ids(saver, "t")) == 3
    after = {ns: await saver.aget_tuple(thread("t", ns)) for ns in before}
    assert after == before
    items = await everything(container)
    owners = {item["s"] for item in items if item["kind"] != "chunk"}
    assert {item["of"] for item in items if item["kind"] == "chunk"} <= owners
    graph = three_nodes(saver)
    assert len((await graph.ainvoke({"log": ["in"]}, thread("t")))["log"]) == 16


async def test_pruning_removes_chunks_that_nothing_refers_to_once_they_are_old(
    saver: CosmosSaver, container: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(saver, thread("t"), state(value=LARGE))
    chunk = next(item for item in await everything(container) if item["kind"] == "chunk")
    stray = chunk | {"id": "stray", "s": chunk["s"].replace("-data-", "-data-other")}
    await container.create_item(stray)
    await saver.aprune(["t"])
    assert "stray" in {item["id"] for item in await everything(container)}
    monkeypatch.setattr(retention, "_ABANDONED_SECONDS", -10)
    await saver.aprune(["t"])
    assert "stray" not in {item["id"] for item in await everything(container)}
    assert await saver.aget_tuple(thread("t")) is not None


async def test_an_unknown_strategy_is_named(saver: CosmosSaver) -> None:
    with pytest.raises(ValueError, match="no strategy 'some'"):
        await saver.aprune(["t"], strategy="some")


async def test_a_deleted_run_leaves_neither_writes_nor_chunks(
    saver: CosmosSaver, container: ContainerProxy
) -> None:
    for name in ("one", "two"):
        stored = await put(saver, thread(name), state(value=LARGE), run_id="gone")
        await saver.aput_writes(stored, [("c", LARGE)], "task")
        await put(saver, stored, state(), run_id="kept")
    await saver.adelete_for_runs([f"other-{number}" for number in range(120)])
    assert len(await ids(saver, "one")) == 2
    await saver.adelete_for_runs([*(f"other-{number}" for number in range(60)), "gone"])
    assert [(item["pk"], item.get("run")) for item in await everything(container)] == [
        ("one", "kept"),
        ("two", "kept"),
    ]


async def test_the_runs_of_a_graph_are_deleted_by_their_id(saver: CosmosSaver) -> None:
    graph = three_nodes(saver)
    for run in ("one", "two"):
        await graph.ainvoke({"log": [run]}, thread("t") | {"metadata": {"run_id": run}})
    await saver.adelete_for_runs(["two"])
    assert (await graph.aget_state(thread("t"))).values["log"] == ["one", "x", "y", "z"]
    # What was deleted does not count as a turn that got ahead.
    assert len((await graph.ainvoke({"log": ["in"]}, thread("t")))["log"]) == 8


async def test_a_copied_thread_lives_on_its_own(saver: CosmosSaver, container: ContainerProxy) -> None:
    await filled(saver, "t")
    await saver.acopy_thread("t", "copy")
    for ns in ("", "child"):
        one, other = await saver.aget_tuple(thread("t", ns)), await saver.aget_tuple(thread("copy", ns))
        assert one is not None
        assert other is not None
        assert other.checkpoint == one.checkpoint
        assert other.pending_writes == one.pending_writes
        # Writes that are stored again meet those that were copied.
        await saver.aput_writes(other.config, [("c", "again")], "task")
    again = await saver.aget_tuple(thread("copy", "child"))
    assert again is not None
    assert again.pending_writes is not None
    assert again.pending_writes[-1][2] == LARGE
    count = len(await everything(container))
    with pytest.raises(ThreadExistsError, match="'copy' holds checkpoints already"):
        await saver.acopy_thread("t", "copy")
    assert len(await everything(container)) == count
    await saver.adelete_thread("t")
    graph = three_nodes(saver)
    assert len((await graph.ainvoke({"log": ["in"]}, thread("copy")))["log"]) == 16
