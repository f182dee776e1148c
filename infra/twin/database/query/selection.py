"""What the index selects: the documents that a query loads, and is charged for.

Rules: learn.microsoft.com/azure/cosmos-db/index-overview ("How queries use indexes": a seek or scan of the
index finds the documents, the rest of the filter reads them; a filter that no index serves reads them all).
"""

from collections.abc import Mapping
from typing import Any

from infra.twin.database.query import syntax
from infra.twin.database.query.grouping import is_aggregated
from infra.twin.database.query.indexing import is_included, path_of

_COMPARED = frozenset({"=", "!=", "<", "<=", ">", ">="})
_SERVED = frozenset({"STARTSWITH", "ENDSWITH", "CONTAINS", "STRINGEQUALS", "REGEXMATCH", "IS_DEFINED"})
_CONSTANT = (syntax.Literal, syntax.Parameter)


def selecting(query: syntax.Query, policy: Mapping[str, Any]) -> syntax.Query | None:
    """Return the query of the documents that the index selects; None where it selects all of them."""
    if query.where is None or not _is_plain(query):
        return None
    found = _decided(query.where, query.sources[0].alias, policy)
    return None if found is None else _filter(query, found)


def matching(query: syntax.Query) -> syntax.Query:
    """Return the query of the documents that fulfil the whole filter."""
    return _filter(query, query.where)


def _filter(query: syntax.Query, condition: syntax.Expression | None) -> syntax.Query:
    return syntax.Query(columns=(), value=False, sources=query.sources, where=condition)


def traceable(query: syntax.Query) -> bool:
    """Say whether every row of a result is read off one document."""
    return _is_plain(query) and not query.distinct and not is_aggregated(query)


def _is_plain(query: syntax.Query) -> bool:
    """Say whether a query reads the container's documents as they are, without joins."""
    return (
        len(query.sources) == 1
        and not query.sources[0].iterated
        and isinstance(query.sources[0].expression, syntax.Name)
    )


def _decided(condition: Any, alias: str, policy: Mapping[str, Any]) -> syntax.Expression | None:
    """Return the part of a condition that the index decides: whatever fulfils the whole fulfils it."""
    if isinstance(condition, syntax.Logical):
        parts = [_decided(operand, alias, policy) for operand in condition.operands]
        kept = tuple(part for part in parts if part is not None)
        if not kept or (condition.operator == "or" and len(kept) < len(parts)):
            return None
        return kept[0] if len(kept) == 1 else syntax.Logical(condition.operator, kept)
    values = _operands(condition)
    members = [value for value in values if not isinstance(value, _CONSTANT)]
    served = len(members) == 1 and _is_served(members[0], alias, policy)
    return condition if served else None


def _operands(condition: Any) -> tuple[Any, ...]:
    """Return what a condition compares, or nothing where no index serves its kind."""
    if isinstance(condition, syntax.Binary) and condition.operator in _COMPARED:
        return (condition.left, condition.right)
    if isinstance(condition, syntax.In):
        return (condition.value, *condition.candidates)
    if isinstance(condition, syntax.Between):
        return (condition.value, condition.low, condition.high)
    if isinstance(condition, syntax.Call) and not condition.udf and condition.name in _SERVED:
        return condition.arguments
    return ()


def _is_served(value: Any, alias: str, policy: Mapping[str, Any]) -> bool:
    if not isinstance(value, syntax.Member) or not isinstance(value.root, syntax.Name):
        return False
    fixed = value.root.name == alias and all(isinstance(step, syntax.Literal) for step in value.steps)
    return fixed and is_included(path_of(value), policy)
