"""Finding checkpoints: the newest of a range, and lists with filters."""

import heapq
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple, get_checkpoint_id
from langgraph.checkpoint.serde.base import SerializerProtocol

from frmk.checkpoint.cosmos.keys import Lane, Span, partition_of
from frmk.checkpoint.cosmos.records import Record, Records
from frmk.checkpoint.cosmos.schema import thread_of

_PAGE = 100
# A superstep leaves its checkpoint and one document per task: about three for a checkpoint.
_DOCUMENTS_EACH = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """Say which checkpoints a list is to hold; None leaves a question open."""

    thread_id: object
    ns: str | None
    checkpoint_id: str | None
    before: str | None
    metadata: Mapping[str, Any]
    limit: int | None

    @classmethod
    def of(
        cls,
        config: RunnableConfig | None,
        before: RunnableConfig | None,
        metadata: Mapping[str, Any] | None,
        limit: int | None,
    ) -> "Wanted":
        """Return what the arguments of `alist` ask for."""
        place = (config or {}).get("configurable", {})
        return cls(
            thread_id=place.get("thread_id"),
            ns=place.get("checkpoint_ns"),
            checkpoint_id=place.get("checkpoint_id"),
            before=get_checkpoint_id(before) if before else None,
            metadata=metadata or {},
            limit=limit,
        )

    @property
    def page(self) -> int:
        """Return how many documents one request should bring."""
        if self.limit is None or self.metadata:
            return _PAGE
        return min(_PAGE, self.limit * _DOCUMENTS_EACH + 2)

    def span(self, lane: Lane) -> Span:
        """Return the range to read of a namespace."""
        span = lane.group(self.checkpoint_id) if self.checkpoint_id else lane.span()
        if self.before is None:
            return span
        return Span(span.low, min(span.high, lane.checkpoint(self.before)))


async def newest(records: Records, lane: Lane, span: Span, *, first: int) -> Record | None:
    """Return the highest checkpoint of a range."""
    found = records.documents.descend(lane.partition, span, thread_id=lane.thread_id, first=first, rest=_PAGE)
    async for record in records.grouped(found):
        return record
    return None


async def tuples(
    records: Records, serde: SerializerProtocol, wanted: Wanted
) -> AsyncIterator[CheckpointTuple]:
    """Yield what is wanted, newest first."""
    left = wanted.limit
    lanes = await _lanes(records, wanted)
    async for record in _newest_first([_lane_records(records, lane, wanted) for lane in lanes]):
        if left is not None and left <= 0:
            return
        metadata = await records.metadata(record, serde)
        if any(metadata.get(key) != value for key, value in wanted.metadata.items()):
            continue
        yield await records.tuple(record, serde, wanted.thread_id, metadata)
        if left is not None:
            left -= 1
            if left == 0:
                return


async def namespaces(records: Records, thread_id: str) -> list[str]:
    """Return the namespaces that hold checkpoints of a thread."""
    text = "SELECT DISTINCT VALUE c.ns FROM c WHERE c.kind = 'checkpoint'"
    return sorted(
        await records.documents.query(text, {}, partition=partition_of(thread_id), thread_id=thread_id)
    )


async def _lanes(records: Records, wanted: Wanted) -> list[Lane]:
    if wanted.limit is not None and wanted.limit <= 0:
        return []
    if wanted.thread_id is None:
        return await _every_lane(records, wanted.ns)
    thread = str(wanted.thread_id)
    if wanted.ns is not None:
        return [Lane(thread, wanted.ns)]
    return [Lane(thread, ns) for ns in await namespaces(records, thread)]


async def _every_lane(records: Records, ns: str | None) -> list[Lane]:
    text = "SELECT c.pk, c.thread_id, c.ns FROM c WHERE c.kind = 'checkpoint'"
    found = await records.documents.query(text, {}, partition=None)
    lanes = {Lane(thread_of(entry), entry["ns"]): None for entry in found}
    return [lane for lane in lanes if ns is None or lane.ns == ns]


def _lane_records(records: Records, lane: Lane, wanted: Wanted) -> AsyncIterator[Record]:
    found = records.documents.descend(
        lane.partition, wanted.span(lane), thread_id=lane.thread_id, first=wanted.page
    )
    return records.grouped(found)


async def _newest_first(streams: Sequence[AsyncIterator[Record]]) -> AsyncIterator[Record]:
    if len(streams) == 1:
        async for record in streams[0]:
            yield record
        return
    heads: list[_Head] = []
    for stream in streams:
        await _advance(heads, stream)
    while heads:
        head = heapq.heappop(heads)
        yield head.record
        await _advance(heads, head.stream)


@dataclass(slots=True)
class _Head:
    record: Record
    stream: AsyncIterator[Record]

    def __lt__(self, other: "_Head") -> bool:
        return bool(self.record.checkpoint["checkpoint_id"] > other.record.checkpoint["checkpoint_id"])


async def _advance(heads: list[_Head], stream: AsyncIterator[Record]) -> None:
    record = await anext(stream, None)
    if record is not None:
        heapq.heappush(heads, _Head(record, stream))
