"""Run a query over documents: from, where, order, group and select, distinct, page."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from infra.twin.database.query import syntax
from infra.twin.database.query.compiler import GROUP, Context, Evaluate, Row, compiled
from infra.twin.database.query.errors import overall
from infra.twin.database.query.grouping import check_grouped, is_aggregated
from infra.twin.database.query.values import UNDEFINED, group_key, sort_key

MAX_ROWS = 1_000_000

Documents = Iterable[Mapping[str, Any]]


def compile_query(query: syntax.Query, parameters: Mapping[str, Any]) -> Callable[[Documents], Iterator[Any]]:
    """Return the function of documents that a query is; `parameters` by name with its sign.

    Raises QueryError for what the service refuses; so does the function, past MAX_ROWS rows.
    """
    pipeline = _Pipeline(query, Context(parameters, frozenset(), _nested))
    return lambda documents: pipeline.results({}, documents)


def compile_traced(
    query: syntax.Query, parameters: Mapping[str, Any]
) -> Callable[[Documents], Iterator[tuple[Mapping[str, Any], Any]]]:
    """Return the function of documents that yields each one read, in order, with its row.

    The row is UNDEFINED where the query shows none. For a query whose rows each come from one document.
    """
    pipeline = _Pipeline(query, Context(parameters, frozenset(), _nested))
    return pipeline.traced


def _nested(query: syntax.Query, context: Context) -> Callable[[Row], Iterator[Any]]:
    pipeline = _Pipeline(query, context)
    return lambda row: pipeline.results(row, None)


class _Pipeline:
    """The clauses of one query, compiled."""

    def __init__(self, query: syntax.Query, outer: Context) -> None:
        self._query = query
        self._root, self._context, self._inputs = _inputs(query.sources, outer)
        self._where = compiled(query.where, self._context) if query.where else None
        self._orders = [(compiled(order.expression, self._context), order) for order in query.orders]
        self._groups = [compiled(group, self._context) for group in query.groups]
        self._aggregated = is_aggregated(query)
        if self._aggregated:
            check_grouped(query)
        select = replace(self._context, aggregated=self._aggregated)
        self._columns = [(column.name, compiled(column.expression, select)) for column in query.columns]
        if query.star and len(query.sources) != 1:
            raise overall("'SELECT *' is only valid with a single input set.")
        self._top, self._offset, self._limit = (
            count_of(count, outer.parameters) for count in (query.top, query.offset, query.limit)
        )

    def results(self, outer: Row, documents: Documents | None) -> Iterator[Any]:
        rows = self._ordered(self._filtered(self._rows(outer, documents)))
        values = (value for value in self._selected(rows) if value is not UNDEFINED)
        return self._paged(_distinct(values) if self._query.distinct else values)

    def traced(self, documents: Documents) -> Iterator[tuple[Mapping[str, Any], Any]]:
        last = None if self._limit is None else (self._offset or 0) + self._limit
        first = self._offset or 0
        shown = 0
        for row in self._ordered(self._filtered(self._rows({}, documents))):
            if shown == (last if self._top is None else self._top):
                return
            value = self._project(row)
            hidden = value is UNDEFINED or shown < first
            shown += value is not UNDEFINED
            yield row[self._root], UNDEFINED if hidden else value

    def _rows(self, outer: Row, documents: Documents | None) -> Iterator[Row]:
        if not self._inputs:
            yield dict(outer)
            return
        starts = (
            [outer] if documents is None or not self._root else ({**outer, self._root: d} for d in documents)
        )
        bounded = itertools.islice(self._joined(starts), MAX_ROWS + 1)
        for place, row in enumerate(bounded):
            if place == MAX_ROWS:
                raise overall(f"The query's joins make more than {MAX_ROWS} rows; narrow them.")
            yield row

    def _joined(self, starts: Iterable[Row]) -> Iterator[Row]:
        rows: Iterator[Row] = iter(starts)
        for source, evaluate in self._inputs:
            rows = _expanded(rows, source, evaluate)
        return rows

    def _filtered(self, rows: Iterator[Row]) -> Iterator[Row]:
        where = self._where
        return rows if where is None else (row for row in rows if where(row) is True)

    def _ordered(self, rows: Iterator[Row]) -> Iterable[Row]:
        if not self._orders:
            return rows
        found = list(rows)
        if len(self._orders) == 1:
            evaluate = self._orders[0][0]
            found = [row for row in found if evaluate(row) is not UNDEFINED]
        if self._orders[0][1].descending:
            found.reverse()  # The index is read backwards, so equal keys come last first.
        for evaluate, order in reversed(self._orders):
            found = _sorted(found, evaluate, descending=order.descending)
        return found

    def _selected(self, rows: Iterable[Row]) -> Iterator[Any]:
        if not self._aggregated:
            return (self._project(row) for row in rows)
        if not self._groups:
            return iter([self._project(_group(list(rows)))])
        grouped: dict[str, list[Row]] = {}
        for row in rows:
            key = "|".join(group_key(group(row)) for group in self._groups)
            grouped.setdefault(key, []).append(row)
        return (self._project(_group(members)) for members in grouped.values())

    def _project(self, row: Row) -> Any:
        if self._query.star:
            return row[self._query.sources[0].alias]
        if self._query.value:
            return self._columns[0][1](row)
        values = ((name, evaluate(row)) for name, evaluate in self._columns)
        return {name: value for name, value in values if value is not UNDEFINED}

    def _paged(self, values: Iterator[Any]) -> Iterator[Any]:
        if self._top is not None:
            values = itertools.islice(values, self._top)
        if self._limit is None:
            return values
        start = self._offset or 0
        return itertools.islice(values, start, start + self._limit)


def _inputs(
    sources: tuple[syntax.Source, ...], outer: Context
) -> tuple[str, Context, list[tuple[syntax.Source, Evaluate]]]:
    root, context = "", outer
    inputs: list[tuple[syntax.Source, Evaluate]] = []
    for source in sources:
        within = context
        if not inputs:
            root = _container(source, outer)
            within = outer.with_names(root) if root else outer
        inputs.append((source, compiled(source.expression, within)))
        context = context.with_names(source.alias)
    return root, context, inputs


def _container(source: syntax.Source, outer: Context) -> str:
    """Return the name that stands for the container, or nothing when the source starts at an outer alias."""
    start = source.expression
    root = start.root if isinstance(start, syntax.Member) else start
    return root.name if isinstance(root, syntax.Name) and root.name not in outer.names else ""


def _expanded(rows: Iterable[Row], source: syntax.Source, evaluate: Evaluate) -> Iterator[Row]:
    for row in rows:
        value = evaluate(row)
        if source.iterated:
            yield from ({**row, source.alias: item} for item in (value if isinstance(value, list) else ()))
        elif value is not UNDEFINED:
            yield {**row, source.alias: value}


def _sorted(rows: list[Row], evaluate: Evaluate, *, descending: bool) -> list[Row]:
    def key(row: Row) -> Any:
        return sort_key(evaluate(row))

    if not descending:
        return sorted(rows, key=key)
    return sorted(rows, key=key, reverse=True)


def _group(rows: list[Row]) -> Row:
    return {**(rows[0] if rows else {}), GROUP: rows}


def _distinct(values: Iterator[Any]) -> Iterator[Any]:
    seen: set[str] = set()
    for value in values:
        key = group_key(value)
        if key not in seen:
            seen.add(key)
            yield value


def count_of(count: syntax.Expression | None, parameters: Mapping[str, Any]) -> int | None:
    """Return the number after TOP, OFFSET or LIMIT."""
    if count is None:
        return None
    value = (
        parameters.get(count.name) if isinstance(count, syntax.Parameter) else getattr(count, "value", None)
    )
    if type(value) is not int or value < 0:
        raise overall(f"TOP, OFFSET and LIMIT take a whole number from 0, not {value!r}.")
    return value
