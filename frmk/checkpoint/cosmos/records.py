"""Documents and what they hold: payloads in and out, chunks included, and tuples out of documents."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import uuid4

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.checkpoint.serde.base import SerializerProtocol

from frmk.checkpoint.cosmos.documents import Document, Documents
from frmk.checkpoint.cosmos.errors import PayloadError
from frmk.checkpoint.cosmos.keys import Span, chunk_span
from frmk.checkpoint.cosmos.payload import (
    CHUNK_CHARACTERS,
    INLINE_CHARACTERS,
    Cipher,
    Packed,
    SealContext,
    pack,
    unpack,
)
from frmk.checkpoint.cosmos.schema import (
    WRITES,
    checked,
    chunk_document,
    pending,
    read_writes,
    thread_of,
    unframe,
)

_PAGE = 100
_UPLOADS_AT_ONCE = 4


class Record(NamedTuple):
    """Hold a checkpoint's document and those of its writes."""

    checkpoint: Document
    writes: list[Document]


@dataclass(frozen=True, slots=True)
class Records:
    """Fill documents with payloads, and read them back."""

    documents: Documents
    cipher: Cipher | None

    async def fill(
        self, document: Document, part: str, data: bytes, *, room: int = INLINE_CHARACTERS
    ) -> Document:
        """Return the document with a payload in it; what is larger than `room` goes ahead in chunks."""
        packed = await pack(data, _context(document, part), self.cipher)
        if len(packed.text) <= room:
            return document | {part: packed.inline()}
        return document | {part: await self._upload(document, part, packed)}

    async def payload(self, document: Document, part: str) -> bytes:
        """Return a document's payload. Raises PayloadError where a chunk is missing."""
        field: Mapping[str, Any] = document[part]
        text = field["text"] if "text" in field else await self._download(document, part, field)
        return await unpack(field, text, _context(document, part), self.cipher)

    async def grouped(self, found: AsyncIterator[Document]) -> AsyncIterator[Record]:
        """Yield checkpoints with their writes, which come just before them; writes of none are left out."""
        writes: list[Document] = []
        last = None
        async for document in found:
            if checked(document)["kind"] == WRITES:
                writes.append(document)
            elif document["s"] != last:
                own = [write for write in writes if write["checkpoint_id"] == document["checkpoint_id"]]
                yield Record(document, own)
                writes, last = [], document["s"]

    async def metadata(self, record: Record, serde: SerializerProtocol) -> Any:
        """Return a checkpoint's metadata."""
        return serde.loads_typed(unframe(await self.payload(record.checkpoint, "metadata")))

    async def values(self, record: Record, serde: SerializerProtocol) -> Any:
        """Return the checkpoint."""
        return serde.loads_typed(unframe(await self.payload(record.checkpoint, "data")))

    async def pending(self, record: Record, serde: SerializerProtocol) -> list[tuple[str, str, Any]]:
        """Return a checkpoint's writes, in order."""
        bodies = [read_writes(await self.payload(document, "data")) for document in record.writes]
        return pending(zip(record.writes, bodies, strict=True), serde)

    async def tuple(
        self, record: Record, serde: SerializerProtocol, thread_id: object = None, metadata: Any = None
    ) -> CheckpointTuple:
        """Return a record as LangGraph takes it; `thread_id` as the caller spells it."""
        thread = thread_of(record.checkpoint) if thread_id is None else thread_id
        parent = record.checkpoint["parent_id"]
        return CheckpointTuple(
            config=_config(thread, record.checkpoint, record.checkpoint["checkpoint_id"]),
            checkpoint=await self.values(record, serde),
            metadata=await self.metadata(record, serde) if metadata is None else metadata,
            parent_config=_config(thread, record.checkpoint, parent) if parent else None,
            pending_writes=await self.pending(record, serde),
        )

    async def discard_upload(self, document: Document, part: str) -> None:
        """Delete the chunks of a payload that no document refers to."""
        field = document.get(part, {})
        if "chunks" in field:
            stale = [
                chunk_document(document, part, field["set"], number, "")["id"]
                for number in range(field["chunks"])
            ]
            await self.documents.delete(document["pk"], stale, thread_of(document))

    async def _upload(self, document: Document, part: str, packed: Packed) -> dict[str, Any]:
        upload = uuid4().hex
        starts = range(0, len(packed.text), CHUNK_CHARACTERS)
        gate = asyncio.Semaphore(_UPLOADS_AT_ONCE)

        async def send(number: int, start: int) -> None:
            async with gate:
                text = packed.text[start : start + CHUNK_CHARACTERS]
                chunk = chunk_document(document, part, upload, number, text)
                await self.documents.upsert(chunk, thread_of(document))

        try:
            async with asyncio.TaskGroup() as group:
                for number, start in enumerate(starts):
                    group.create_task(send(number, start))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return {"chunks": len(starts), "set": upload, **packed.flags()}

    async def _download(self, document: Document, part: str, field: Mapping[str, Any]) -> str:
        span: Span = chunk_span(document["s"], part, field["set"])
        found = self.documents.descend(document["pk"], span, thread_id=thread_of(document), first=_PAGE)
        texts = {chunk["n"]: chunk["text"] async for chunk in found}
        missing = [number for number in range(field["chunks"]) if number not in texts]
        if missing:
            raise PayloadError(
                f"The payload {part!r} of {document['s']!r} in thread {thread_of(document)!r} lacks chunks "
                f"{missing} of {field['chunks']}. Was it deleted, or has it expired, while it was read?"
            )
        return "".join(texts[number] for number in range(field["chunks"]))


def _context(document: Document, part: str) -> SealContext:
    return SealContext(document["pk"], document["s"], part)


def _config(thread_id: object, document: Document, checkpoint_id: str) -> RunnableConfig:
    place = {"thread_id": thread_id, "checkpoint_ns": document["ns"], "checkpoint_id": checkpoint_id}
    return {"configurable": place}
