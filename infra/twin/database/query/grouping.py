"""Static rules of aggregates and GROUP BY."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from infra.twin.database.query import syntax
from infra.twin.database.query.aggregates import AGGREGATES
from infra.twin.database.query.errors import QueryError, at, overall


def is_aggregated(query: syntax.Query) -> bool:
    """Say whether a query yields groups and not rows."""
    return bool(query.groups) or bool(aggregates_of(query))


def aggregates_of(query: syntax.Query) -> list[syntax.Call]:
    """Return the aggregates of the SELECT clause, outermost first; those of subqueries are not its own."""
    return [
        part
        for column in query.columns
        for part in walk(column.expression)
        if isinstance(part, syntax.Call) and not part.udf and part.name in AGGREGATES
    ]


def check_grouped(query: syntax.Query) -> None:
    """Refuse a projection of what is neither grouped by nor aggregated."""
    if query.star:
        raise overall("'SELECT *' is not allowed with GROUP BY.")
    groups = frozenset(map(shape, query.groups))
    for column in query.columns:
        for stray in _strays(column.expression, groups):
            raise _ungrouped(stray)


def _strays(expression: syntax.Expression, groups: frozenset[str]) -> Iterator[syntax.Name]:
    if shape(expression) in groups or isinstance(expression, syntax.Subquery):
        return
    if isinstance(expression, syntax.Call) and expression.name in AGGREGATES:
        return
    if isinstance(expression, syntax.Name):
        yield expression
    for child in children(expression):
        yield from _strays(child, groups)


def _ungrouped(name: syntax.Name) -> QueryError:
    message = (
        f"Property reference '{name.name}' is invalid in the select list because it is not contained "
        "in either an aggregate function or the GROUP BY clause."
    )
    return at(name.span, "SC2102", message)


def shape(expression: syntax.Expression) -> str:
    """Return a text that is the same for the same expression elsewhere in the query."""
    if isinstance(expression, syntax.Name | syntax.Parameter):
        return expression.name
    parts = ",".join(map(shape, children(expression)))
    own = [getattr(expression, name) for name in ("operator", "name", "value") if hasattr(expression, name)]
    kept = [part for part in own if isinstance(part, str | int | float | None)]
    return f"{type(expression).__name__}{kept}({parts})"


def walk(expression: syntax.Expression) -> Iterator[syntax.Expression]:
    """Yield an expression and its parts, without those of subqueries."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def children(expression: syntax.Expression) -> tuple[syntax.Expression, ...]:
    """Return the direct parts of an expression; a subquery keeps its own."""
    if isinstance(expression, syntax.Subquery):
        return ()
    return tuple(part for field in fields(expression) for part in _parts(getattr(expression, field.name)))


def _parts(value: Any) -> Iterator[syntax.Expression]:
    if isinstance(value, syntax.Expression):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _parts(item)
