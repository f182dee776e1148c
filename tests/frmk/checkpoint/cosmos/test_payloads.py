"""Large states and writes: chunked, all or nothing, and put together again."""

import asyncio
import json
import os
import random
import signal
import sys
from pathlib import Path

import pytest
from azure.cosmos.aio import ContainerProxy
from hypothesis import given
from hypothesis import strategies as st

from frmk.checkpoint.cosmos import CosmosSaver, Meter
from frmk.checkpoint.cosmos.errors import PayloadError
from frmk.checkpoint.cosmos.keys import Lane
from frmk.checkpoint.cosmos.payload import SealContext, pack, unpack
from tests.database import DatabaseServer
from tests.frmk.checkpoint.cosmos.conftest import everything
from tests.frmk.checkpoint.cosmos.graphs import put, state, thread, three_nodes

MEGABYTE = 1024 * 1024
DYING = Path(__file__).with_name("dies_between_chunks.py")


def noise(megabytes: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(megabytes * MEGABYTE)


def largest(items: list[dict[str, object]]) -> int:
    return max(len(json.dumps(item)) for item in items)


@pytest.mark.parametrize("megabytes", [3, pytest.param(12, marks=pytest.mark.long)])
async def test_a_large_state_is_kept_whole(
    saver: CosmosSaver, container: ContainerProxy, megabytes: int
) -> None:
    body = noise(megabytes)
    stored = await put(saver, thread("t"), state(value=body))
    found = await saver.aget_tuple(thread("t"))
    assert found is not None
    assert found.checkpoint["channel_values"]["value"] == body
    assert [one.config async for one in saver.alist(thread("t"))] == [stored]
    assert largest(await everything(container)) < 2 * MEGABYTE


async def test_a_large_text_is_compressed_into_one_document(
    saver: CosmosSaver, container: ContainerProxy
) -> None:
    text = "The weather in Lisbon is mild in spring. " * 80_000
    await put(saver, thread("t"), state(value=text))
    assert len(await everything(container)) == 1
    found = await saver.aget_tuple(thread("t"))
    assert found is not None
    assert found.checkpoint["channel_values"]["value"] == text


async def test_large_writes_are_kept_whole(saver: CosmosSaver, container: ContainerProxy) -> None:
    stored = await put(saver, thread("t"), state())
    bodies = [noise(3, seed) for seed in range(2)]
    await saver.aput_writes(stored, [("c", bodies[0]), ("__error__", bodies[1])], "task")
    found = await saver.aget_tuple(thread("t"))
    assert found is not None
    assert [write[2] for write in found.pending_writes or []] == [bodies[1], bodies[0]]
    assert largest(await everything(container)) < 2 * MEGABYTE


@pytest.mark.long
async def test_a_turn_with_a_large_state_goes_on(saver: CosmosSaver) -> None:
    graph = three_nodes(saver)
    text = noise(3).hex()
    await graph.ainvoke({"log": [text]}, thread("t"))
    result = await graph.ainvoke({"log": ["again"]}, thread("t"))
    assert result["log"] == [text, "x", "y", "z", "again", "x", "y", "z"]


async def test_large_chunks_do_not_burden_those_who_read_small_ones(
    saver: CosmosSaver, container: ContainerProxy, meter: Meter
) -> None:
    large = await put(saver, thread("t"), state(value=noise(12)))
    small = await put(saver, large, state(value="small"))
    before = meter.total
    found = await saver.aget_tuple(thread("t"))
    assert found is not None
    assert found.config == small
    assert meter.total - before == 1
    span = Lane("t", "").span()
    read = [item["kind"] for item in await everything(container) if span.low <= item["s"] < span.high]
    assert read == ["checkpoint", "checkpoint"]


@pytest.mark.long
@pytest.mark.parametrize("survives", [1, 7])
async def test_a_process_killed_between_chunks_leaves_the_thread_as_it_was(
    saver: CosmosSaver, container: ContainerProxy, database_server: DatabaseServer, survives: int
) -> None:
    before = await put(saver, thread("t"), state(value="before"))
    place = {
        "endpoint": database_server.endpoint,
        "key": database_server.key,
        "database": container.container_link.split("/")[1],
        "container": container.id,
        "survives": survives,
        "size": 12 * MEGABYTE,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"tests.frmk.checkpoint.cosmos.{DYING.stem}",
        json.dumps(place),
        cwd=DYING.parents[4],
    )
    assert await process.wait() == -signal.SIGKILL
    assert len(await everything(container)) > 1
    found = await saver.aget_tuple(thread("t"))
    assert found is not None
    assert found.config == before
    assert len([one async for one in saver.alist(thread("t"))]) == 1
    graph = three_nodes(saver)
    await graph.ainvoke({"log": ["in"]}, thread("t"))
    await saver.adelete_thread("t")
    assert await everything(container) == []


async def test_a_missing_chunk_is_named(saver: CosmosSaver, container: ContainerProxy) -> None:
    await put(saver, thread("t"), state(value=noise(3)))
    chunk = next(item for item in await everything(container) if item["kind"] == "chunk" and item["n"] == 1)
    await container.delete_item(chunk["id"], chunk["pk"])
    with pytest.raises(PayloadError, match=r"lacks chunks \[1\] of"):
        await saver.aget_tuple(thread("t"))


async def test_a_large_checkpoint_put_twice_leaves_no_chunk_behind(
    saver: CosmosSaver, container: ContainerProxy
) -> None:
    checkpoint = state(value=noise(3))
    await put(saver, thread("t"), checkpoint)
    count = len(await everything(container))
    await put(saver, thread("t"), checkpoint)
    assert len(await everything(container)) == count


class Xor:
    """Seal with a byte that depends on the context."""

    def seal(self, data: bytes, context: SealContext) -> bytes:
        key = sum(context.associated()) % 255 + 1
        return bytes(byte ^ key for byte in data)

    open = seal


@given(st.binary(max_size=2000), st.text(), st.text(), st.sampled_from([None, Xor()]))
async def test_a_payload_comes_back_as_it_went(
    data: bytes, thread_id: str, item: str, cipher: Xor | None
) -> None:
    context = SealContext(thread_id, item, "data")
    packed = await pack(data, context, cipher)
    assert packed.text.isascii()
    assert await unpack(packed.inline(), packed.text, context, cipher) == data


async def test_no_byte_of_a_sealed_payload_is_stored_in_clear(container: ContainerProxy) -> None:
    saver = CosmosSaver(container, cipher=Xor())
    stored = await put(saver, thread("t"), state(value="secret-value"), note="secret-note")
    await saver.aput_writes(stored, [("c", "secret-write")], "task")
    assert "secret" not in json.dumps(await everything(container))
    found = await saver.aget_tuple(thread("t"))
    assert found is not None
    assert found.checkpoint["channel_values"] == {"value": "secret-value"}
    assert found.metadata["note"] == "secret-note"  # type: ignore[typeddict-item]
    with pytest.raises(PayloadError, match="no cipher was given"):
        await CosmosSaver(container).aget_tuple(thread("t"))


async def test_a_sealed_thread_is_sealed_anew_where_it_is_copied_to(container: ContainerProxy) -> None:
    saver = CosmosSaver(container, cipher=Xor())
    body = os.urandom(3 * MEGABYTE)
    await put(saver, thread("t"), state(value=body))
    await saver.acopy_thread("t", "copy")
    await saver.adelete_thread("t")
    found = await saver.aget_tuple(thread("copy"))
    assert found is not None
    assert found.checkpoint["channel_values"] == {"value": body}
