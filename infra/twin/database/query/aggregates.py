"""Aggregates over the values of a group; undefined values do not count.

What each does with mixed types: learn.microsoft.com/azure/cosmos-db/nosql/query/sum (avg, min, max, count).
"""

from collections.abc import Callable
from typing import Any

from infra.twin.database.query.values import UNDEFINED, is_number, number, rank, sort_key


def _count(values: list[Any]) -> Any:
    return len(values)


def _count_if(values: list[Any]) -> Any:
    return sum(value is True for value in values)


def _sum(values: list[Any]) -> Any:
    return number(float(sum(values))) if all(map(is_number, values)) else UNDEFINED


def _average(values: list[Any]) -> Any:
    if not values or not all(map(is_number, values)):
        return UNDEFINED
    return number(sum(values) / len(values))


def _extreme(choose: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    def aggregate(values: list[Any]) -> Any:
        composite = any(rank(value) > rank("") for value in values)
        return UNDEFINED if composite or not values else choose(values, key=sort_key)

    return aggregate


AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {
    "COUNT": _count,
    "COUNTIF": _count_if,
    "SUM": _sum,
    "AVG": _average,
    "MIN": _extreme(min),
    "MAX": _extreme(max),
}


def aggregate(name: str, values: list[Any]) -> Any:
    """Return the aggregate of a group's values."""
    return AGGREGATES[name]([value for value in values if value is not UNDEFINED])
