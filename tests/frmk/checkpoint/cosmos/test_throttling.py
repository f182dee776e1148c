"""Throttled requests, lost answers, and a budget that ends."""

import random

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from frmk.checkpoint.cosmos import CosmosSaver, Meter
from frmk.checkpoint.cosmos.errors import ThreadExistsError, ThrottledError
from tests.frmk.checkpoint.cosmos.conftest import everything
from tests.frmk.checkpoint.cosmos.faults import (
    FaultyTransport,
    places_a_document,
    replaces_a_document,
    writes,
)
from tests.frmk.checkpoint.cosmos.graphs import put, state, thread, three_nodes


async def test_a_storm_of_refusals_delays_a_turn_and_loses_nothing(
    faulty: ContainerProxy, transport: FaultyTransport, meter: Meter
) -> None:
    graph = three_nodes(CosmosSaver(faulty, on_charge=meter))
    # Far more than the SDK takes by itself: it gives an operation up after three.
    transport.refuse = [429] * 40
    assert (await graph.ainvoke({"log": ["in"]}, thread("t")))["log"] == ["in", "x", "y", "z"]
    transport.refuse = [429, 449] * 20
    assert len((await graph.ainvoke({"log": ["in"]}, thread("t")))["log"]) == 8
    assert len([one async for one in graph.aget_state_history(thread("t"))]) == 10
    assert meter.throttled == 60


async def test_a_storm_that_outlasts_the_budget_is_named(
    faulty: ContainerProxy, transport: FaultyTransport
) -> None:
    saver = CosmosSaver(faulty, throttle_budget=0.2)
    transport.refuse = [429] * 1000
    with pytest.raises(ThrottledError, match=r"'query' \(429\) until the budget of 0.2 s"):
        await saver.aget_tuple(thread("t"))
    with pytest.raises(ThrottledError, match="'create'"):
        await put(saver, thread("t"), state())
    transport.refuse = []
    assert await saver.aget_tuple(thread("t")) is None


async def test_a_connection_lost_in_a_storm_is_tried_again(
    faulty: ContainerProxy, transport: FaultyTransport
) -> None:
    saver = CosmosSaver(faulty)
    await saver.aget_tuple(thread("t"))
    transport.chosen, transport.refuse, transport.lose_answers = places_a_document, [429] * 12, 1
    stored = await put(saver, thread("t"), state())
    assert (transport.refuse, transport.lose_answers) == ([], 0)
    found = await saver.aget_tuple(thread("t"))
    assert found is not None
    assert found.config == stored


async def test_another_refusal_is_not_repeated(faulty: ContainerProxy, transport: FaultyTransport) -> None:
    saver = CosmosSaver(faulty)
    await saver.aget_tuple(thread("t"))
    transport.sent.clear()
    transport.refuse = [400]
    with pytest.raises(CosmosHttpResponseError):
        await put(saver, thread("t"), state())
    assert len(transport.sent) == 1


async def test_a_lost_answer_stores_nothing_twice(
    faulty: ContainerProxy, transport: FaultyTransport, container: ContainerProxy
) -> None:
    saver = CosmosSaver(faulty)
    assert await saver.aget_tuple(thread("t")) is None
    transport.chosen = writes
    transport.lose_answers = 1
    stored = await put(saver, thread("t"), state(value="kept"))
    transport.lose_answers = 1
    await saver.aput_writes(stored, [("c", 1), ("d", 2)], "task")
    transport.lose_answers = 1
    await saver.aput_writes(stored, [("c", 1), ("__error__", 2)], "other")
    assert transport.lose_answers == 0
    assert len(await everything(container)) == 4
    found = await saver.aget_tuple(thread("t"))
    assert found is not None
    assert found.config == stored
    assert sorted(write[0] for write in found.pending_writes or []) == ["other", "other", "task", "task"]


@pytest.mark.long
async def test_a_lost_answer_costs_no_part_of_a_large_payload(
    faulty: ContainerProxy, transport: FaultyTransport, container: ContainerProxy
) -> None:
    saver, config = CosmosSaver(faulty), thread("t")
    first, second = (random.Random(seed).randbytes(2_000_000) for seed in (1, 2))
    assert await saver.aget_tuple(config) is None
    transport.chosen = places_a_document
    checkpoint = state(value=first)
    transport.lose_answers = 1
    stored = await put(saver, config, checkpoint)
    transport.lose_answers = 1
    await saver.aput_writes(stored, [("c", first)], "task")
    transport.lose_answers = 1
    await saver.aput_writes(stored, [("c", first), ("__error__", "no")], "other")
    transport.chosen = replaces_a_document
    transport.lose_answers = 1
    await saver.aput_writes(stored, [("c", first), ("d", second)], "task")
    transport.lose_answers = 1
    await put(saver, config, {**checkpoint, "channel_values": {"value": second}})
    assert transport.lose_answers == 0

    found = await saver.aget_tuple(config)

    assert found is not None
    assert found.checkpoint["channel_values"]["value"] == second
    kept = {(task, channel): value for task, channel, value in found.pending_writes or []}
    assert kept == {
        ("task", "c"): first,
        ("task", "d"): second,
        ("other", "c"): first,
        ("other", "__error__"): "no",
    }
    chunks = [document for document in await everything(container) if document["kind"] == "chunk"]
    assert len(chunks) == 3 + 3 + 6  # the checkpoint's, and those of two tasks: none is left over


async def test_a_lost_answer_does_not_stop_a_copy(
    faulty: ContainerProxy, transport: FaultyTransport, container: ContainerProxy
) -> None:
    saver = CosmosSaver(faulty)
    await put(saver, thread("t"), state(value="kept"))
    transport.chosen, transport.lose_answers = writes, 1

    await saver.acopy_thread("t", "copy")

    assert transport.lose_answers == 0
    found = await saver.aget_tuple(thread("copy"))
    assert found is not None
    assert found.checkpoint["channel_values"]["value"] == "kept"
    with pytest.raises(ThreadExistsError):
        await saver.acopy_thread("t", "copy")
    assert len(await everything(container)) == 2


async def test_a_refused_chunk_is_sent_again(faulty: ContainerProxy, transport: FaultyTransport) -> None:
    saver = CosmosSaver(faulty)
    noise = random.Random(1).randbytes(3_000_000)
    transport.chosen, transport.refuse = writes, [429] * 30
    await put(saver, thread("t"), state(value=noise))
    found = await saver.aget_tuple(thread("t"))
    assert found is not None
    assert found.checkpoint["channel_values"]["value"] == noise
