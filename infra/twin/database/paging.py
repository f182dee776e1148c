"""Queries page by page: which documents a page reads, and the token that continues it.

A query that the service streams (no order, no aggregate) continues after the last document it read. Any
other one is answered from a kept result, so that writes between two pages neither repeat nor lose a row; a
token whose result is gone (restart, eviction) is answered from a new result at the same place.
"""

import base64
import binascii
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from infra.twin.database import engine
from infra.twin.database.content import compact
from infra.twin.database.engine import Query
from infra.twin.database.problems import invalid
from infra.twin.database.rows import Stored

STANDARD_COUNT = 100
MOST_COUNT = 1000
MAX_BYTES = 4 * 1024 * 1024
_MOST_KEPT = 64
_MOST_TOKEN = 8192


@dataclass(frozen=True, kw_only=True)
class Page:
    """Hold one page: results as JSON texts, the token of the next page, and the bytes loaded for it."""

    results: list[str]
    continuation: str | None
    loaded: int


@dataclass(frozen=True, kw_only=True)
class Demand:
    """Hold what a page is asked of: query, scope as text, indexing policy, size and token."""

    query: Query
    scope: str
    indexing: Mapping[str, Any]
    count: int
    continuation: str | None

    @property
    def mark(self) -> str:
        """Return what ties a token to this query."""
        text = json.dumps([self.scope, self.query.text, self.query.parameters], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class _Row(NamedTuple):
    """Hold a result, and how many bytes were loaded for it; None stands after the last one."""

    text: str | None
    loaded: int


@dataclass
class Pager:
    """Answer queries in pages; `scan` yields documents after a sequence number."""

    _kept: OrderedDict[str, list[_Row]] = field(default_factory=OrderedDict)

    def page(self, demand: Demand, scan: Callable[[int], Iterator[Stored]], *, streams: bool) -> Page:
        """Return one page of a query."""
        token = _token(demand)
        if streams:
            return self._streamed(demand, scan, token)
        return self._kept_page(demand, scan, token)

    def _streamed(
        self, demand: Demand, scan: Callable[[int], Iterator[Stored]], token: dict[str, Any]
    ) -> Page:
        after, skip = int(token.get("after", 0)), int(token.get("skip", 0))
        fill = _Fill(demand.count)
        results = engine.prepare(demand.query)
        selects = engine.selects(demand.query, demand.indexing)
        loaded = 0
        for stored in scan(after - 1 if skip else after):
            document = json.loads(stored.text)
            size = len(stored.text) if selects(document) else 0
            rows = results(document)
            begin = skip if stored.sequence == after else 0
            for index, row in enumerate(rows[begin:], start=begin):
                if not fill.takes(compact(row)):
                    place = {"after": stored.sequence, "skip": index} if index else {"after": after}
                    loaded += size if index else 0
                    return Page(results=fill.rows, continuation=_text(demand, place), loaded=loaded)
            after, skip = stored.sequence, 0
            loaded += size
        return Page(results=fill.rows, continuation=None, loaded=loaded)

    def _kept_page(
        self, demand: Demand, scan: Callable[[int], Iterator[Stored]], token: dict[str, Any]
    ) -> Page:
        start, name = int(token.get("at", 0)), str(token.get("kept", ""))
        rows = self._kept.pop(name, None)
        if rows is None:
            rows = _rows(demand, scan(0))
            name = hashlib.sha256(f"{demand.mark}{id(rows)}{len(self._kept)}".encode()).hexdigest()[:16]
        fill = _Fill(demand.count)
        loaded = 0
        for row in rows[start:]:
            if row.text is not None and not fill.takes(row.text):
                break
            loaded += row.loaded
        end = start + len(fill.rows)
        if end >= len(rows) - 1:
            return Page(results=fill.rows, continuation=None, loaded=loaded)
        self._keep(name, rows)
        place = {"at": end, "kept": name}
        return Page(results=fill.rows, continuation=_text(demand, place), loaded=loaded)

    def _keep(self, name: str, rows: list[_Row]) -> None:
        self._kept[name] = rows
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


def _rows(demand: Demand, found: Iterable[Stored]) -> list[_Row]:
    sizes: dict[int, int] = {}
    documents: list[Any] = []
    for stored in found:
        documents.append(json.loads(stored.text))
        sizes[id(documents[-1])] = len(stored.text)
    return [
        _Row(None if row is engine.UNDEFINED else compact(row), sum(sizes[id(one)] for one in loaded))
        for loaded, row in engine.loaded(demand.query, documents, demand.indexing)
    ]


class _Fill:
    """Take rows until a page is full; the first row always fits."""

    def __init__(self, count: int) -> None:
        self.rows: list[str] = []
        self._count = count
        self._bytes = 0

    def takes(self, row: str) -> bool:
        """Say whether the row found room."""
        full = len(self.rows) >= self._count or (self.rows and self._bytes + len(row) > MAX_BYTES)
        if full:
            return False
        self.rows.append(row)
        self._bytes += len(row)
        return True


def item_count(header: str | None) -> int:
    """Return how many results a page may have; raise CosmosProblem 400 for what is no count."""
    if header is None:
        return STANDARD_COUNT
    try:
        count = int(header)
    except ValueError as error:
        raise invalid(f"The value '{header[:20]}' of x-ms-max-item-count is invalid.") from error
    if count == -1:
        return MOST_COUNT
    if count < 1:
        raise invalid(f"The value '{count}' of x-ms-max-item-count is invalid.")
    return min(count, MOST_COUNT)


def _text(demand: Demand, place: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps({"of": demand.mark, **place}).encode()).decode()


def _token(demand: Demand) -> dict[str, Any]:
    given = demand.continuation
    if not given:
        return {}
    try:
        token = json.loads(base64.urlsafe_b64decode(given[:_MOST_TOKEN]))
        fits = isinstance(token, dict) and token["of"] == demand.mark
        places = [int(token.get(name, 0)) for name in ("after", "skip", "at")]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise invalid("Invalid Continuation Token") from error
    if not fits or min(places) < 0:
        raise invalid("Invalid Continuation Token")
    return dict(token)
