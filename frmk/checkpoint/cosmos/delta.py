"""Rebuilding delta channels: the value last stored, and the writes since."""

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import DeltaChannelHistory, PendingWrite, get_checkpoint_id
from langgraph.checkpoint.serde.base import SerializerProtocol

from frmk.checkpoint.cosmos import listing
from frmk.checkpoint.cosmos.errors import BrokenHistoryError
from frmk.checkpoint.cosmos.keys import Lane
from frmk.checkpoint.cosmos.records import Record, Records

_PAGE = 100
COUNTERS = "counters_since_delta_snapshot"


class History:
    """Collect, from child to parent, until every channel has its stored value."""

    def __init__(self, channels: Sequence[str]) -> None:
        self._writes: dict[str, list[list[PendingWrite]]] = {channel: [] for channel in channels}
        self._seeds: dict[str, Any] = {}

    @property
    def open(self) -> set[str]:
        """Return the channels whose stored value was not met yet."""
        return self._writes.keys() - self._seeds.keys()

    def add(self, values: Mapping[str, Any], writes: Sequence[PendingWrite]) -> None:
        """Take in an ancestor: the writes on it come after the values in it."""
        for channel in self.open:
            self._writes[channel].append([write for write in writes if write[1] == channel])
            if channel in values:
                self._seeds[channel] = values[channel]

    def result(self) -> dict[str, DeltaChannelHistory]:
        """Return what was found, oldest write first."""
        return {channel: self._entry(channel) for channel in self._writes}

    def _entry(self, channel: str) -> DeltaChannelHistory:
        ordered = [write for group in reversed(self._writes[channel]) for write in group]
        if channel in self._seeds:
            return {"writes": ordered, "seed": self._seeds[channel]}
        return {"writes": ordered}


async def delta_history(
    records: Records, serde: SerializerProtocol, config: RunnableConfig, channels: Sequence[str]
) -> dict[str, DeltaChannelHistory]:
    """Walk the ancestors of a checkpoint. Raises BrokenHistoryError where some that matter are gone."""
    history = History(channels)
    lane, named = Lane.of(config["configurable"]), get_checkpoint_id(config)
    span = lane.group(named) if named else lane.span()
    target = await listing.newest(records, lane, span, first=_PAGE if named else 3)
    if target is not None and channels:
        await _walk(records, serde, lane, target, history)
    return history.result()


async def _walk(
    records: Records, serde: SerializerProtocol, lane: Lane, target: Record, history: History
) -> None:
    parent = target.checkpoint["parent_id"]
    below = lane.before(target.checkpoint["checkpoint_id"])
    stream = records.documents.descend(lane.partition, below, thread_id=lane.thread_id, first=_PAGE)
    if parent is None:
        return
    async for record in records.grouped(stream):
        if record.checkpoint["checkpoint_id"] == parent:
            parent = await _take(records, serde, record, history)
        if parent is None or not history.open:
            return
    await _climb(records, serde, lane, parent, history)
    if history.open:
        await _require_complete(records, serde, target, history)


async def _climb(
    records: Records, serde: SerializerProtocol, lane: Lane, parent: str | None, history: History
) -> None:
    # Ids that do not grow from parent to child are legal, and met one request at a time.
    while parent is not None and history.open:
        record = await listing.newest(records, lane, lane.group(parent), first=_PAGE)
        if record is None:
            return
        parent = await _take(records, serde, record, history)


async def _take(records: Records, serde: SerializerProtocol, record: Record, history: History) -> str | None:
    values = await records.values(record, serde)
    history.add(values["channel_values"], await records.pending(record, serde))
    parent: str | None = record.checkpoint["parent_id"]
    return parent


async def _require_complete(
    records: Records, serde: SerializerProtocol, target: Record, history: History
) -> None:
    counters = (await records.metadata(target, serde)).get(COUNTERS) or {}
    lost = sorted(history.open & counters.keys())
    if lost:
        raise BrokenHistoryError(
            f"Channels {lost} of checkpoint {target.checkpoint['checkpoint_id']!r} are rebuilt from earlier "
            "checkpoints, and some of those were deleted or have expired. Give the thread a longer lifetime "
            "than their pauses, or prune with keep_latest, which keeps what is needed."
        )
