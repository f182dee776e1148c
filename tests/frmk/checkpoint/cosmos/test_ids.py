"""Ids of any kind: of threads, namespaces, checkpoints and tasks."""

from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy
from hypothesis import given
from hypothesis import strategies as st

from frmk.checkpoint.cosmos import CosmosSaver
from frmk.checkpoint.cosmos.keys import Lane, chunks_of, partition_of
from tests.frmk.checkpoint.cosmos.conftest import everything
from tests.frmk.checkpoint.cosmos.graphs import put, state, thread, three_nodes

HOSTILE = [
    "a/b#c?d$e\\f",
    "?",
    "x" * 1_000,
    "\u00e9\u4e16\U0001f30d" * 333,
    "quotes \" and ' and \n newline and \x00",
    "sha256:looks-like-one-of-ours",
    " ",
]


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_thread_may_have_any_name(saver: CosmosSaver, container: ContainerProxy, name: str) -> None:
    graph = three_nodes(saver)
    await graph.ainvoke({"log": ["in"]}, thread(name))
    await graph.ainvoke({"log": ["in"]}, thread("another"))
    assert (await graph.aget_state(thread(name))).values["log"] == ["in", "x", "y", "z"]
    assert len([found async for found in saver.alist(thread(name))]) == 5
    threads = {found.config["configurable"]["thread_id"] async for found in saver.alist(None)}
    assert threads == {name, "another"}
    await saver.acopy_thread(name, name + "2")
    assert len([found async for found in saver.alist(thread(name + "2"))]) == 5
    await saver.adelete_thread(name)
    await saver.adelete_thread(name + "2")
    assert {item["pk"] for item in await everything(container)} == {"another"}


@pytest.mark.parametrize("name", HOSTILE)
async def test_namespaces_checkpoints_and_tasks_may_have_any_name(saver: CosmosSaver, name: str) -> None:
    stored = await put(saver, thread("t", name), state(name, value=1))
    await saver.aput_writes(stored, [(name, name)], name, name)
    other = await put(saver, thread("t", name + "|", None), state(name, value=2))
    found, elsewhere = await saver.aget_tuple(stored), await saver.aget_tuple(other)
    assert found is not None
    assert elsewhere is not None
    assert found.config == stored
    assert found.pending_writes == [(name, name, name)]
    assert elsewhere.checkpoint["channel_values"] == {"value": 2}
    assert elsewhere.pending_writes == []


async def test_a_number_names_the_same_thread_as_its_digits(saver: CosmosSaver) -> None:
    graph = three_nodes(saver)
    await graph.ainvoke({"log": ["in"]}, thread(7))
    assert (await graph.aget_state(thread("7"))).values["log"] == ["in", "x", "y", "z"]
    found = await saver.aget_tuple(thread(7))
    assert found is not None
    assert found.config["configurable"]["thread_id"] == 7
    await saver.adelete_thread(7)  # type: ignore[arg-type]
    assert await saver.aget_tuple(thread(7)) is None


async def test_a_checkpoint_is_not_taken_for_one_whose_id_begins_alike(saver: CosmosSaver) -> None:
    for checkpoint_id in ("a", "a!", "a b", "ab"):
        stored = await put(saver, thread("t"), state(checkpoint_id))
        await saver.aput_writes(stored, [("c", checkpoint_id)], "task")
    for checkpoint_id in ("a", "a!", "a b", "ab"):
        found = await saver.aget_tuple(thread("t", checkpoint_id=checkpoint_id))
        assert found is not None
        assert found.checkpoint["id"] == checkpoint_id
        assert found.pending_writes == [("task", "c", checkpoint_id)]


names = st.text(min_size=1, max_size=40)
readable = st.text(
    st.characters(min_codepoint=0x21, exclude_characters="%", exclude_categories=["Cs"]), min_size=1
)


@given(st.lists(readable, min_size=2, max_size=2, unique=True))
def test_sort_keys_stand_in_the_order_of_checkpoint_ids(pair: list[str]) -> None:
    low, high = sorted(pair)
    lane = Lane("t", "")
    assert lane.checkpoint(low) < lane.writes(low, "task", "w") < lane.checkpoint(high)
    assert lane.span().low < lane.checkpoint(low)
    assert lane.writes(high, "task", "w") < lane.span().high


@given(names, names, names, st.integers(0, 99_999))
def test_a_group_holds_its_own_writes_and_nothing_else(one: str, other: str, task: str, number: int) -> None:
    lane = Lane("t", "ns")
    group = lane.group(one)
    assert group.low <= lane.checkpoint(one) < group.high
    assert group.low <= lane.writes(one, task, "w") < group.high
    if one != other:
        assert not group.low <= lane.checkpoint(other) < group.high
        assert not group.low <= lane.writes(other, task, "w") < group.high
        key = lane.writes(other, task, "w")
        chunks = chunks_of(lane.checkpoint(one))
        assert not chunks.low <= f"p{key}" < chunks.high or key.startswith(f"{lane.checkpoint(one)} ")


@given(st.lists(st.tuples(names, names), min_size=2, max_size=2, unique=True))
def test_no_two_namespaces_share_a_range(lanes: list[tuple[str, str]]) -> None:
    one, other = (Lane(*lane) for lane in lanes)
    assert one.prefix != other.prefix
    assert one.slot("p") != other.slot("p") or one.ns == other.ns


@given(st.one_of(names, st.integers(), st.just("x" * 5000)))
def test_a_partition_key_fits(thread_id: Any) -> None:
    assert len(partition_of(thread_id).encode("utf-8", "surrogatepass")) <= 2048
    assert partition_of(partition_of(thread_id)) != partition_of("x" * 5000) or thread_id == "x" * 5000
