"""The documents, version 1: how they are built and read.

Every document has `id`, `pk` (the thread), `s` (sort key), `kind` and `v`; `thread_id` where `pk` is a digest
of it; `ttl` where it expires; `copied`, a token, where it was copied from another thread.

    checkpoint  ns, checkpoint_id, parent_id, run (for delete_for_runs), data, metadata
    writes      ns, checkpoint_id, task_id, task_path, data: [[idx, channel, type, bytes], ...]
    chunk       ns, of (sort key of its owner), n, text

`data` and `metadata` are payloads: payload.py.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import ormsgpack
from langgraph.checkpoint.base import WRITES_IDX_MAP, PendingWrite, writes_sort_key
from langgraph.checkpoint.serde.base import SerializerProtocol

from frmk.checkpoint.cosmos.documents import Document
from frmk.checkpoint.cosmos.errors import SchemaVersionError
from frmk.checkpoint.cosmos.keys import Lane, chunk_key, digest

VERSION = 1
CHECKPOINT, WRITES, CHUNK = "checkpoint", "writes", "chunk"
ORDINARY = "w"
_OF_THE_SERVICE = ("_rid", "_self", "_etag", "_attachments", "_ts")
# A chunk goes after its owner, never before: an owner without its chunks could not be read.
_CHUNKS_OUTLIVE_SECONDS = 3600


class Write(NamedTuple):
    """Hold one channel write of a task, serialised."""

    idx: int
    channel: str
    kind: str
    body: bytes


def envelope(lane: Lane, kind: str, item: str, key: str, ttl: int | None) -> Document:
    """Return the fields that every document has."""
    document: Document = {"id": item, "pk": lane.partition, "s": key, "kind": kind, "v": VERSION}
    if lane.partition != lane.thread_id:
        document["thread_id"] = lane.thread_id
    if ttl is not None:
        document["ttl"] = ttl
    return document


def checkpoint_document(
    lane: Lane, checkpoint_id: str, parent_id: str | None, run_id: object, ttl: int | None
) -> Document:
    """Return the document of a checkpoint, without its payloads, as the only child of its parent."""
    document = envelope(lane, CHECKPOINT, lane.slot(parent_id), lane.checkpoint(checkpoint_id), ttl)
    document |= {"ns": lane.ns, "checkpoint_id": checkpoint_id, "parent_id": parent_id}
    return document if run_id is None else document | {"run": str(run_id)}


def writes_document(
    lane: Lane, checkpoint_id: str, task: tuple[str, str], slot: str, ttl: int | None
) -> Document:
    """Return the document of a task's writes, without its payload; `task` is its id and path."""
    task_id, task_path = task
    key = lane.writes(checkpoint_id, task_id, slot)
    document = envelope(lane, WRITES, digest(WRITES, key), key, ttl)
    return document | {
        "ns": lane.ns,
        "checkpoint_id": checkpoint_id,
        "task_id": task_id,
        "task_path": task_path,
    }


def chunk_document(owner: Document, part: str, upload: str, number: int, text: str) -> Document:
    """Return one chunk of an owner's payload."""
    key = chunk_key(owner["s"], part, upload, number)
    kept = {name: owner[name] for name in ("pk", "v", "ns", "thread_id") if name in owner}
    chunk = kept | {"id": digest(CHUNK, key), "s": key, "kind": CHUNK, "of": owner["s"], "n": number}
    if "ttl" in owner:
        chunk["ttl"] = owner["ttl"] + _CHUNKS_OUTLIVE_SECONDS if owner["ttl"] > 0 else owner["ttl"]
    return chunk | {"text": text}


def moved(document: Document, lane: Lane) -> Document:
    """Return a document as it stands in another thread; what is sealed is still bound to the old one."""
    kept = {name: value for name, value in document.items() if name not in (*_OF_THE_SERVICE, "thread_id")}
    origin = Lane(thread_of(document), document["ns"]).prefix
    for name in ("s", "of"):
        if name in kept:
            kept[name] = kept[name].replace(origin, lane.prefix, 1)
    if kept["kind"] != CHECKPOINT:
        kept["id"] = digest(kept["kind"], kept["s"])
    kept["pk"] = lane.partition
    return kept if lane.partition == lane.thread_id else kept | {"thread_id": lane.thread_id}


def checked(document: Document) -> Document:
    """Return a document that this release can read. Raises SchemaVersionError."""
    if document.get("v", 0) > VERSION:
        raise SchemaVersionError(
            f"Document {document.get('id')!r} of {document.get('pk')!r} has schema version {document['v']}; "
            f"this release reads up to {VERSION}. Upgrade before you read it."
        )
    return document


def thread_of(document: Mapping[str, Any]) -> str:
    """Return the thread that a document belongs to."""
    return str(document.get("thread_id", document["pk"]))


def slots(writes: Iterable[tuple[str, Any]], serde: SerializerProtocol) -> dict[str, list[Write]]:
    """Return a task's writes by the document they go to: special channels apart, the rest together."""
    found: dict[str, list[Write]] = {}
    for position, (channel, value) in enumerate(writes):
        idx = WRITES_IDX_MAP.get(channel, position)
        slot = ORDINARY if idx >= 0 else f"x{-idx}"
        kept = found.setdefault(slot, [])
        if idx < 0:
            kept.clear()
        kept.append(Write(idx, channel, *serde.dumps_typed(value)))
    return found


def frame_writes(writes: Iterable[Write]) -> bytes:
    """Return writes as one payload."""
    return ormsgpack.packb([list(write) for write in writes])


def read_writes(data: bytes) -> list[Write]:
    """Return the writes of a payload."""
    return [Write(*write) for write in ormsgpack.unpackb(data)]


def merged(stored: Iterable[Write], fresh: Iterable[Write]) -> list[Write]:
    """Add the writes whose index is not stored yet: the first one stands."""
    kept = {write.idx: write for write in fresh} | {write.idx: write for write in stored}
    return [kept[idx] for idx in sorted(kept)]


def frame(typed: tuple[str, bytes]) -> bytes:
    """Return a serialised value as one payload."""
    return ormsgpack.packb(list(typed))


def unframe(data: bytes) -> tuple[str, bytes]:
    """Return the serialised value of a payload."""
    kind, body = ormsgpack.unpackb(data)
    return kind, body


def pending(tasks: Iterable[tuple[Document, list[Write]]], serde: SerializerProtocol) -> list[PendingWrite]:
    """Return the writes of a checkpoint in the order in which live execution applies them."""
    found = [
        (writes_sort_key(document["task_path"], document["task_id"], write.idx), document["task_id"], write)
        for document, writes in tasks
        for write in writes
    ]
    found.sort(key=lambda entry: entry[0])
    return [(task, write.channel, serde.loads_typed((write.kind, write.body))) for _, task, write in found]
