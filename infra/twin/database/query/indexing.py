"""Refuse an ORDER BY that the container's indexing policy cannot serve, as the service does.

Rules: learn.microsoft.com/azure/cosmos-db/index-policy (precedence of paths, composite indexes).
"""

from collections.abc import Mapping
from typing import Any

from infra.twin.database.query import syntax
from infra.twin.database.query.errors import unindexed

_ALWAYS = ("/id", "/_ts")
_EXCLUDED = "The index path corresponding to the specified order-by item is excluded."
_NO_COMPOSITE = "The order by query does not have a corresponding composite index that it can be served from."
_REVERSED = {"ascending": "descending", "descending": "ascending"}


def check_indexed(query: syntax.Query, policy: Mapping[str, Any]) -> None:
    """Raise QueryError when no index serves the query's ORDER BY."""
    orders = [(path_of(order.expression), _direction(order)) for order in query.orders]
    if len(orders) > 1 and not _composite(orders, policy):
        raise unindexed(_NO_COMPOSITE)
    if len(orders) == 1 and not is_included(orders[0][0], policy):
        raise unindexed(_EXCLUDED)


def _direction(order: syntax.Order) -> str:
    return "descending" if order.descending else "ascending"


def path_of(expression: syntax.Expression) -> str:
    """Return the path of a member, as an indexing policy writes it."""
    steps = expression.steps if isinstance(expression, syntax.Member) else ()
    values = [step.value for step in steps if isinstance(step, syntax.Literal)]
    return "".join("/[]" if isinstance(value, int) else f"/{value}" for value in values)


def _composite(orders: list[tuple[str, str]], policy: Mapping[str, Any]) -> bool:
    backwards = [(path, _REVERSED[direction]) for path, direction in orders]
    indexes = (
        [(_bare(item["path"]), item.get("order", "ascending").lower()) for item in index]
        for index in policy.get("compositeIndexes") or []
    )
    return any(index in (orders, backwards) for index in indexes)


def is_included(path: str, policy: Mapping[str, Any]) -> bool:
    """Say whether a policy has an index for a path."""
    if path in _ALWAYS:
        return True
    if str(policy.get("indexingMode", "consistent")).lower() == "none":
        return False
    included = _precision(path, policy.get("includedPaths", [{"path": "/*"}]))
    return included > _precision(path, policy.get("excludedPaths", []))


def _precision(path: str, listed: list[Mapping[str, Any]]) -> int:
    """Return how closely the closest of the listed paths names this one; 0 for none, and `/?` beats `/*`."""
    return max((_closeness(path, str(item["path"])) for item in listed), default=0)


def _closeness(path: str, pattern: str) -> int:
    bare = _bare(pattern)
    if pattern.endswith("/?") or not pattern.endswith("/*"):
        return 2 * bare.count("/") + 2 if path == bare else 0
    below = path == bare or path.startswith(f"{bare}/")
    return 2 * bare.count("/") + 1 if below else 0


def _bare(pattern: str) -> str:
    return pattern.removesuffix("/?").removesuffix("/*").replace('"', "")
