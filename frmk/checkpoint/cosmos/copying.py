"""One thread copied to another, document by document."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import uuid4

from azure.cosmos.exceptions import CosmosBatchOperationError

from frmk.checkpoint.cosmos.documents import BATCH_CHARACTERS, BATCH_OPERATIONS, Document
from frmk.checkpoint.cosmos.errors import ThreadExistsError
from frmk.checkpoint.cosmos.keys import Lane, Span
from frmk.checkpoint.cosmos.records import Records
from frmk.checkpoint.cosmos.schema import checked, moved

_PAGE = 100
_ENVELOPE_CHARACTERS = 8192
_CONFLICT = 409
_PARTS = ("data", "metadata")
# Chunks first, so that no checkpoint is seen before its payload.
_CHUNKS, _REST = Span("p", "q"), Span("", "p")


async def copy_thread(records: Records, source: str, target: str) -> None:
    """Copy checkpoints, writes and chunks of every namespace. Raises ThreadExistsError."""
    token = uuid4().hex
    # With a cipher each payload is sealed for its new place, and chunked anew.
    for span in (_CHUNKS, _REST) if records.cipher is None else (_REST,):
        await _copy(records, Lane(source, ""), _Target(Lane(target, ""), token), span)


class _Target(NamedTuple):
    """Name the thread to copy into, and this copying: what bears its token was written by it."""

    place: Lane
    token: str


async def _copy(records: Records, origin: Lane, target: _Target, span: Span) -> None:
    group: list[Document] = []
    weight = 0
    found = records.documents.descend(origin.partition, span, thread_id=origin.thread_id, first=_PAGE)
    async for document in found:
        copy = await _copied(records, checked(document), target.place) | {"copied": target.token}
        if group and (weight + _weight(copy) > BATCH_CHARACTERS or len(group) == BATCH_OPERATIONS):
            await _send(records, target, group)
            group, weight = [], 0
        group.append(copy)
        weight += _weight(copy)
    if group:
        await _send(records, target, group)


async def _copied(records: Records, document: Document, place: Lane) -> Document:
    copy = moved(document, Lane(place.thread_id, document["ns"]))
    if records.cipher is None and not _sealed(document):
        return copy
    for part in (name for name in _PARTS if name in document):
        copy = await records.fill(copy, part, await records.payload(document, part))
    return copy


def _sealed(document: Document) -> bool:
    return any(document.get(part, {}).get("sealed", False) for part in _PARTS)


async def _send(records: Records, target: _Target, documents: Sequence[Document]) -> None:
    partition, thread = target.place.partition, target.place.thread_id
    operations = [("create", (document,)) for document in documents]
    try:
        await records.documents.batch(partition, operations, thread)
    except CosmosBatchOperationError as error:
        if error.status_code != _CONFLICT:
            raise
        # A batch is there as a whole: where its answer was lost, its first document says so.
        stored = await records.documents.read(partition, documents[0]["id"], thread)
        if stored is not None and stored.get("copied") == target.token:
            return
        raise ThreadExistsError(
            f"Thread {thread!r} holds checkpoints already. Delete it first, or name another."
        ) from error


def _weight(document: Document) -> int:
    payloads = sum(len(document[part].get("text", "")) for part in _PARTS if part in document)
    return payloads + len(document.get("text", "")) + _ENVELOPE_CHARACTERS
