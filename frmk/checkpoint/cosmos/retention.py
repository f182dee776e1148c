"""What is deleted, and what must stay: pruning a thread, deleting runs."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

from langgraph.checkpoint.serde.base import SerializerProtocol

from frmk.checkpoint.cosmos import listing
from frmk.checkpoint.cosmos.delta import COUNTERS
from frmk.checkpoint.cosmos.documents import Document, Documents
from frmk.checkpoint.cosmos.keys import Lane, Span, chunks_of, group_of
from frmk.checkpoint.cosmos.records import Record, Records
from frmk.checkpoint.cosmos.schema import thread_of

_PAGE = 100
_RUNS_A_QUERY = 50
# Chunks of a checkpoint that is being written look as abandoned ones do, for as long as a write takes.
_ABANDONED_SECONDS = 3600


async def keep_latest(records: Records, serde: SerializerProtocol, thread_id: str) -> None:
    """Delete all but the latest checkpoint of each namespace, and all chunks that nothing refers to.

    Where the latest one rebuilds delta channels from its ancestors, those stay too.
    """
    for ns in await listing.namespaces(records, thread_id):
        lane = Lane(thread_id, ns)
        kept = await _kept(records, serde, lane)
        await _delete_others(records.documents, lane, kept)
    await _delete_abandoned(records.documents, thread_id)


async def delete_for_runs(documents: Documents, run_ids: Sequence[str]) -> None:
    """Delete the checkpoints of runs, their writes and their chunks."""
    runs = list(dict.fromkeys(map(str, run_ids)))
    for start in range(0, len(runs), _RUNS_A_QUERY):
        names = {f"run{number}": run for number, run in enumerate(runs[start : start + _RUNS_A_QUERY])}
        listed = ", ".join(f"@{name}" for name in names)
        text = f"SELECT c.pk, c.thread_id, c.s FROM c WHERE c.run IN ({listed})"  # noqa: S608 -- names only
        by_thread = defaultdict(list)
        for found in await documents.query(text, names, partition=None):
            by_thread[Lane(thread_of(found), "")].append(found["s"])
        for lane, keys in by_thread.items():
            await delete_groups(documents, lane, keys)


async def delete_groups(documents: Documents, lane: Lane, keys: Iterable[str]) -> None:
    """Delete checkpoints, by sort key, with all that hangs on them; a checkpoint goes before its parts."""
    for key in keys:
        found = await _between(documents, lane, group_of(key), chunks_of(key))
        await documents.delete(lane.partition, [entry["id"] for entry in found], lane.thread_id)


async def _between(documents: Documents, lane: Lane, group: Span, chunks: Span) -> list[Document]:
    text = "SELECT c.id, c.s FROM c WHERE (c.s >= @low AND c.s < @high) OR (c.s >= @from AND c.s < @to)"
    span = {"low": group.low, "high": group.high, "from": chunks.low, "to": chunks.high}
    found = await documents.query(text, span, partition=lane.partition, thread_id=lane.thread_id)
    return sorted(found, key=lambda entry: str(entry["s"]))


async def _kept(records: Records, serde: SerializerProtocol, lane: Lane) -> set[str]:
    found = records.documents.descend(
        lane.partition, lane.span(), thread_id=lane.thread_id, first=3, rest=_PAGE
    )
    kept: set[str] = set()
    needed: set[str] = set()
    parent: str | None = None
    async for record in records.grouped(found):
        if not kept:
            needed = await _rebuilt(records, serde, record)
        elif record.checkpoint["checkpoint_id"] != parent:
            continue
        else:
            needed -= (await records.values(record, serde))["channel_values"].keys()
        kept.add(record.checkpoint["s"])
        parent = record.checkpoint["parent_id"]
        if not needed or parent is None:
            break
    return kept


async def _rebuilt(records: Records, serde: SerializerProtocol, record: Record) -> set[str]:
    counters = (await records.metadata(record, serde)).get(COUNTERS) or {}
    if not counters:
        return set()
    values = (await records.values(record, serde))["channel_values"]
    return {channel for channel in counters if channel not in values}


async def _delete_others(documents: Documents, lane: Lane, kept: set[str]) -> None:
    if not kept:
        return
    low, latest = lane.span().low, max(kept)
    found = await _between(documents, lane, Span(low, latest), Span(f"p{low}", f"p{latest} "))
    others = [entry["id"] for entry in found if entry["s"].removeprefix("p").partition(" ")[0] not in kept]
    await documents.delete(lane.partition, others, lane.thread_id)


async def _delete_abandoned(documents: Documents, thread_id: str) -> None:
    lane = Lane(thread_id, "")
    text = (
        "SELECT c.id, c.kind, c.s, c._ts, c.data['set'] AS data_set, c.metadata['set'] AS metadata_set FROM c"
    )
    found: list[Document] = await documents.query(text, {}, partition=lane.partition, thread_id=thread_id)
    used = {entry.get(name) for entry in found for name in ("data_set", "metadata_set")}
    before = time.time() - _ABANDONED_SECONDS
    stale = [
        entry["id"]
        for entry in found
        if entry["kind"] == "chunk" and entry["_ts"] < before and _upload(entry["s"]) not in used
    ]
    await documents.delete(lane.partition, stale, thread_id)


def _upload(key: str) -> str:
    return key.rsplit(" ", 1)[0].rsplit("-", 1)[1]
