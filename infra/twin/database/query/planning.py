"""Plan a query for a client that runs it over all partitions and merges the results itself."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from infra.twin.database.query import syntax
from infra.twin.database.query.engine import count_of
from infra.twin.database.query.errors import QueryError, Span
from infra.twin.database.query.grouping import aggregates_of, shape
from infra.twin.database.query.parser import parse

FILTER = "{documentdb-formattableorderbyquery-filter}"
_OPERATORS = {
    "COUNT": "Count",
    "COUNTIF": "CountIf",
    "SUM": "Sum",
    "AVG": "Average",
    "MIN": "Min",
    "MAX": "Max",
}
_WHOLE = {"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}


def needs_plan(text: str) -> bool:
    """Say whether the gateway cannot serve a query over several partitions alone (400, sub status 1004)."""
    query = parse(text)
    paged = query.top is not None or query.limit is not None
    return paged or query.distinct or bool(query.orders or query.groups or aggregates_of(query))


def plan(text: str, parameters: Mapping[str, Any], features: Collection[str] | None) -> dict[str, Any]:
    """Return the body that answers a query plan request.

    `features` are those the client's header names; raises QueryError when the query needs another.
    """
    query = parse(text)
    _check_features(query, features)
    info = _Rewriter(text, query, parameters).info()
    return {"partitionedQueryExecutionInfoVersion": 2, "queryInfo": info, "queryRanges": [dict(_WHOLE)]}


def _check_features(query: syntax.Query, features: Collection[str] | None) -> None:
    missing = [] if features is None else [need for need in _needs(query) if need not in features]
    if missing:
        listed = " ".join(["None", *missing])
        raise QueryError(
            f"Query contains the following features, which the calling client does not support:\n{listed}"
        )


def _needs(query: syntax.Query) -> list[str]:
    aggregates = aggregates_of(query)
    needs = {
        "Aggregate": bool(aggregates) and query.value,
        "Distinct": query.distinct,
        "GroupBy": bool(query.groups),
        "MultipleAggregates": len(aggregates) > 1,
        "NonValueAggregate": bool(aggregates) and not query.value,
        "MultipleOrderBy": len(query.orders) > 1,
        "OffsetAndLimit": query.limit is not None,
        "OrderBy": bool(query.orders),
        "Top": query.top is not None,
    }
    return [name for name, needed in needs.items() if needed]


class _Rewriter:
    def __init__(self, text: str, query: syntax.Query, parameters: Mapping[str, Any]) -> None:
        self._text = text
        self._query = query
        self._top, self._offset, self._limit = (
            count_of(count, parameters) for count in (query.top, query.offset, query.limit)
        )

    def info(self) -> dict[str, Any]:
        query = self._query
        return {
            "distinctType": self._distinct(),
            "top": self._top,
            "offset": self._offset,
            "limit": self._limit,
            "orderBy": ["Descending" if order.descending else "Ascending" for order in query.orders],
            "orderByExpressions": [self._source(order.span) for order in query.orders],
            "groupByExpressions": [],
            "groupByAliases": [],
            "aggregates": [_OPERATORS[call.name] for call in aggregates_of(query)],
            "groupByAliasToAggregateType": {},
            "rewrittenQuery": self._rewritten(),
            "hasSelectValue": query.value,
            "dCountInfo": None,
            "hasNonStreamingOrderBy": False,
        }

    def _distinct(self) -> str:
        query = self._query
        if not query.distinct:
            return "None"
        same = [shape(column.expression) for column in query.columns] == [
            shape(order.expression) for order in query.orders
        ]
        return "Ordered" if same and query.value else "Unordered"

    def _source(self, span: Span) -> str:
        return self._text[span.start : span.end]

    def _rewritten(self) -> str:
        if self._query.orders:
            return self._ordered()
        if aggregates_of(self._query) and self._query.value:
            return self._aggregated()
        if self._top is None and self._limit is None:
            return ""
        # Each partition may hold all that the client takes or skips.
        wanted = self._top if self._top is not None else (self._offset or 0) + (self._limit or 0)
        columns = "*" if self._query.star else self._columns()
        distinct = "DISTINCT " if self._query.distinct else ""
        return _joined(f"SELECT {distinct}TOP {wanted} {columns}", self._query.from_text, self._where("true"))

    def _ordered(self) -> str:
        query = self._query
        items = ", ".join(f'{{"item": {self._source(order.span)}}}' for order in query.orders)
        orders = ", ".join(
            f"{self._source(order.span)} {'DESC' if order.descending else 'ASC'}" for order in query.orders
        )
        root = query.sources[0].alias
        select = f"SELECT {root}._rid, [{items}] AS orderByItems, {self._payload()} AS payload"
        return _joined(select, query.from_text, self._where(FILTER), f"ORDER BY {orders}")

    def _aggregated(self) -> str:
        call = aggregates_of(self._query)[0]
        whole = self._source(self._query.columns[0].span)
        item = f'"item": {whole}'
        if call.name == "AVG":
            argument = whole[whole.index("(") + 1 : whole.rindex(")")]
            item = f'"item": {{"sum": SUM({argument}), "count": COUNT({argument})}}'
        return _joined(f"SELECT VALUE [{{{item}}}]", self._query.from_text, self._where("true"))

    def _payload(self) -> str:
        query = self._query
        if query.star:
            return query.sources[0].alias
        if query.value:
            return self._source(query.columns[0].span)
        named = (f"{json.dumps(column.name)}: {self._source(column.span)}" for column in query.columns)
        return f"{{{', '.join(named)}}}"

    def _columns(self) -> str:
        query = self._query
        if query.value:
            return f"VALUE {self._source(query.columns[0].span)}"
        return f"VALUE {self._payload()}"

    def _where(self, also: str) -> str:
        own = f"({self._query.where_text}) AND " if self._query.where_text else ""
        return f"WHERE {own}{also}"


def _joined(*clauses: str) -> str:
    return "\n".join(clause for clause in clauses if clause)
