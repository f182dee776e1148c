"""How checkpoints and writes reach the container."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosBatchOperationError,
    CosmosResourceExistsError,
)
from langgraph.checkpoint.base import Checkpoint, CheckpointMetadata
from langgraph.checkpoint.serde.base import SerializerProtocol

from frmk.checkpoint.cosmos.documents import Document
from frmk.checkpoint.cosmos.errors import ConcurrentTurnError
from frmk.checkpoint.cosmos.keys import Lane
from frmk.checkpoint.cosmos.payload import INLINE_CHARACTERS
from frmk.checkpoint.cosmos.records import Records
from frmk.checkpoint.cosmos.schema import (
    ORDINARY,
    Write,
    checkpoint_document,
    frame,
    frame_writes,
    merged,
    read_writes,
    slots,
    thread_of,
    writes_document,
)

_CONFLICT = 409
_METADATA_CHARACTERS = 250_000
_TRIES = 5
_PARTS = ("data", "metadata")


class Step(NamedTuple):
    """Say where something is written: namespace, the checkpoint that it follows, lifetime in seconds."""

    lane: Lane
    checkpoint_id: str | None
    ttl: int | None


async def checkpoint(
    records: Records,
    serde: SerializerProtocol,
    step: Step,
    state: Checkpoint,
    metadata: CheckpointMetadata,
) -> Document:
    """Return the document of a checkpoint; what is too large for it stands in the container already."""
    run = metadata.get("run_id")
    document = checkpoint_document(step.lane, state["id"], step.checkpoint_id, run, step.ttl)
    document = await records.fill(
        document, "metadata", frame(serde.dumps_typed(metadata)), room=_METADATA_CHARACTERS
    )
    room = INLINE_CHARACTERS - _METADATA_CHARACTERS
    return await records.fill(document, "data", frame(serde.dumps_typed(state)), room=room)


async def place(records: Records, lane: Lane, document: Document, *, only_child: bool) -> None:
    """Store a checkpoint as the child of its parent, or beside another child where that may be.

    Raises ConcurrentTurnError where it must be the only child and is not.
    """
    try:
        await records.documents.create(document, lane.thread_id)
    except CosmosResourceExistsError as conflict:
        stored = await records.documents.read(lane.partition, document["id"], lane.thread_id)
        if stored is not None and stored["checkpoint_id"] == document["checkpoint_id"]:
            await _supersede(records, stored, document)
        elif only_child:
            await _withdraw(records, document)
            raise _overtaken(lane, document, stored) from conflict
        else:
            fork = document | {"id": lane.fork(document["checkpoint_id"])}
            await records.documents.upsert(fork, lane.thread_id)


async def task_writes(
    records: Records,
    serde: SerializerProtocol,
    step: Step,
    task: tuple[str, str],
    writes: Sequence[tuple[str, Any]],
) -> None:
    """Store a task's writes in one request: those of ordinary channels once, special ones over the last."""
    found = slots(writes, serde)
    room = INLINE_CHARACTERS // len(found)
    prepared = [await _filled(records, _empty(step, task, slot), kept, room) for slot, kept in found.items()]
    thread = step.lane.thread_id
    try:
        if len(prepared) > 1:
            operations = [_operation(document, slot) for document, slot in zip(prepared, found, strict=True)]
            await records.documents.batch(step.lane.partition, operations, thread)
        elif ORDINARY in found:
            await records.documents.create(prepared[0], thread)
        else:
            await records.documents.upsert(prepared[0], thread)
    except (CosmosResourceExistsError, CosmosBatchOperationError) as conflict:
        if conflict.status_code != _CONFLICT:
            raise
        by_slot = dict(zip(found, prepared, strict=True))
        await _add(records, step, task, by_slot.pop(ORDINARY), found[ORDINARY])
        for document in by_slot.values():
            await records.documents.upsert(document, thread)


def _empty(step: Step, task: tuple[str, str], slot: str) -> Document:
    return writes_document(step.lane, str(step.checkpoint_id), task, slot, step.ttl)


async def _filled(
    records: Records, document: Document, writes: list[Write], room: int = INLINE_CHARACTERS
) -> Document:
    return await records.fill(document, "data", frame_writes(writes), room=room)


async def _add(
    records: Records, step: Step, task: tuple[str, str], prepared: Document, fresh: list[Write]
) -> None:
    """Add writes to those that stand there already, which may be the same ones: an answer can be lost."""
    for _ in range(_TRIES):
        stored = await records.documents.read(prepared["pk"], prepared["id"], step.lane.thread_id)
        if stored is None or _same(stored, prepared):
            return
        known = read_writes(await records.payload(stored, "data"))
        together = merged(known, fresh)
        if len(together) == len(known):
            await _withdraw(records, prepared)
            return
        larger = await _filled(records, _empty(step, task, ORDINARY), together)
        if await _replaced(records, stored, larger):
            await _withdraw(records, stored)
            await _withdraw(records, prepared)
            return
        await _withdraw(records, larger)
    raise ConcurrentTurnError(
        f"The writes of task {task[0]!r} in thread {step.lane.thread_id!r} changed {_TRIES} times while they "
        "were added to. Another process runs the same task: end one of the two."
    )


async def _supersede(records: Records, stored: Document, document: Document) -> None:
    if _same(stored, document):
        return
    if await _replaced(records, stored, document):
        await _withdraw(records, stored)
        return
    await _withdraw(records, document)
    raise ConcurrentTurnError(
        f"Checkpoint {document['checkpoint_id']!r} of thread {thread_of(document)!r} was put by another "
        "process at the same moment. Run one turn at a time on a thread."
    )


async def _replaced(records: Records, stored: Document, document: Document) -> bool:
    """Replace the version that was read; False where somebody else was faster."""
    thread = thread_of(document)
    try:
        await records.documents.replace(document, stored["_etag"], thread)
    except CosmosAccessConditionFailedError:
        # Where the answer was lost, the one who was faster is this process.
        present = await records.documents.read(document["pk"], document["id"], thread)
        return present is not None and _same(present, document)
    return True


def _same(stored: Document, document: Document) -> bool:
    """Say whether two versions of a document hold one payload, chunks included."""
    return all(stored.get(part) == document.get(part) for part in _PARTS)


async def _withdraw(records: Records, document: Document) -> None:
    """Delete the chunks of a document that is not stored, or not any more."""
    for part in _PARTS:
        await records.discard_upload(document, part)


def _operation(document: Document, slot: str) -> tuple[Any, ...]:
    return ("create" if slot == ORDINARY else "upsert", (document,))


def _overtaken(lane: Lane, document: Document, stored: Document | None) -> ConcurrentTurnError:
    winner = stored["checkpoint_id"] if stored else "one that has been deleted since"
    after = f"checkpoint {document['parent_id']!r}" if document["parent_id"] else "its beginning"
    return ConcurrentTurnError(
        f"Thread {lane.thread_id!r} (namespace {lane.ns!r}) went on from {after} with checkpoint {winner!r} "
        f"while this turn ran; {document['checkpoint_id']!r} was not stored. Run one turn at a time on a "
        "thread, or start the turn again from the thread's present state."
    )
