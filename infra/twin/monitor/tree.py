"""Rows of one operation, put together as the tree of its spans."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from infra.twin.monitor.envelopes import Row

SPANS = ("AppRequests", "AppDependencies")
NOTES = ("AppTraces", "AppExceptions", "AppEvents")
RUN = "seatrial.run_id"


class Shown(BaseModel):
    """Hold what is read and never changed."""

    model_config = ConfigDict(frozen=True)


class Note(Shown):
    """Tell one trace line, exception or event of a span."""

    table: str
    time: str
    text: str


class Span(Shown):
    """Tell one request or dependency; `offset` is its start after the trace's, both in seconds."""

    id: str
    name: str
    kind: str
    table: str
    start: str
    offset: float
    seconds: float
    success: bool
    properties: dict[str, Any]
    notes: tuple[Note, ...] = ()
    children: tuple[Self, ...] = ()


class Trace(Shown):
    """Sum one operation up: when it began, how long it took, how many spans, and whose run it was."""

    operation_id: str
    component: str
    name: str
    run_id: str | None
    start: str
    seconds: float
    spans: int
    failed: int
    exceptions: int


def tree(rows: Sequence[Row]) -> tuple[Span, ...]:
    """Return the spans without a known parent, each with its children in order of their start."""
    spans = [row for row in rows if row.table in SPANS]
    if not spans:
        return ()
    known = {row.columns["Id"] for row in spans}
    began = min(_moment(row) for row in spans)
    below: dict[str, list[Row]] = {}
    for row in sorted(spans, key=_moment):
        parent = str(row.columns.get("ParentId", ""))
        inside = parent in known and parent != row.columns["Id"]
        below.setdefault(parent if inside else "", []).append(row)
    notes: dict[str, list[Note]] = {}
    for row in sorted((row for row in rows if row.table in NOTES), key=_moment):
        notes.setdefault(str(row.columns.get("ParentId", "")), []).append(_note(row))
    return tuple(_span(row, below, notes, began) for row in below.get("", ()))


def summary(component: str, rows: Sequence[Row]) -> Trace | None:
    """Return what one operation's rows come to; None when there is no span among them."""
    spans = [row for row in rows if row.table in SPANS]
    if not spans:
        return None
    first = min(spans, key=_moment)
    ended = max(_moment(row).timestamp() + row.columns["DurationMs"] / 1000 for row in spans)
    roots = tree(rows)
    return Trace(
        operation_id=first.operation,
        component=component,
        name=roots[0].name if roots else str(first.columns["Name"]),
        run_id=_run(spans),
        start=str(first.columns["TimeGenerated"]),
        seconds=round(ended - _moment(first).timestamp(), 3),
        spans=len(spans),
        failed=sum(not row.columns["Success"] for row in spans),
        exceptions=sum(row.table == "AppExceptions" for row in rows),
    )


def _span(row: Row, below: dict[str, list[Row]], notes: dict[str, list[Note]], began: datetime) -> Span:
    columns = row.columns
    own = str(columns["Id"])
    return Span(
        id=own,
        name=str(columns["Name"]),
        kind=str(columns.get("DependencyType") or "Request"),
        table=row.table,
        start=str(columns["TimeGenerated"]),
        offset=round((_moment(row) - began).total_seconds(), 3),
        seconds=columns["DurationMs"] / 1000,
        success=columns["Success"],
        properties=columns.get("Properties") or {},
        notes=tuple(notes.get(own, ())),
        children=tuple(_span(child, below, notes, began) for child in below.get(own, ())),
    )


def _note(row: Row) -> Note:
    columns = row.columns
    text = columns.get("Message") or columns.get("OuterMessage") or columns.get("Name") or ""
    return Note(table=row.table, time=str(columns["TimeGenerated"]), text=str(text))


def _run(spans: Iterable[Row]) -> str | None:
    named = ((row.columns.get("Properties") or {}).get(RUN) for row in spans)
    return next((str(one) for one in named if one), None)


def _moment(row: Row) -> datetime:
    return datetime.fromisoformat(row.columns["TimeGenerated"])
