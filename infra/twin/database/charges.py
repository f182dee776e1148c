"""Request charges, MODELLED: the service's own formula is not public.

What the vendor publishes (https://learn.microsoft.com/azure/cosmos-db/optimize-cost-reads-writes, "Cost of
reads and writes"): a point read costs 1 RU for 1 KB and 10 RU for 100 KB, a write (insert, replace, delete,
upsert) 5 RU and 50 RU. The model is the straight line through those points. A query is charged for the
documents that it loads: those that its filter finds in the index (query/selection.py), in its order up to its
page or limit; a filter that no index serves loads all of the partition. Two terms have no vendor source and
are assumptions: a query starts at 2.3 RU, and every indexed value beyond five costs 0.1 RU.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_KB = 1024
_READ_PER_KB = (10 - 1) / 99
_WRITE_PER_KB = (50 - 5) / 99
_QUERY = 2.3
_FREE_VALUES = 5
_PER_VALUE = 0.1
REFUSED = 1.0
METADATA = 1.0


def read_charge(size: int) -> float:
    """Return the charge of a point read (RU) of `size` bytes."""
    return 1 + (_kilobytes(size) - 1) * _READ_PER_KB


def write_charge(size: int, indexed: int) -> float:
    """Return the charge of a write (RU) of `size` bytes with so many indexed values."""
    return 5 + (_kilobytes(size) - 1) * _WRITE_PER_KB + max(0, indexed - _FREE_VALUES) * _PER_VALUE


def query_charge(loaded: int, returned: int) -> float:
    """Return the charge of a page of a query (RU): bytes that it loaded, and bytes that it returned."""
    return _QUERY + (loaded + returned) / _KB * _READ_PER_KB


def indexed_values(document: Mapping[str, Any], policy: Mapping[str, Any] | None) -> int:
    """Return how many values of a document a container's indexing policy covers."""
    if policy is None:
        return sum(1 for _ in _values(document, ()))
    if policy.get("indexingMode") == "none" or policy.get("automatic") is False:
        return 0
    included = [_names(rule) for rule in policy.get("includedPaths") or [{"path": "/*"}]]
    excluded = [_names(rule) for rule in policy.get("excludedPaths") or []]
    return sum(1 for path in _values(document, ()) if _covered(path, included, excluded))


def _kilobytes(size: int) -> float:
    return max(1.0, size / _KB)


def _values(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    pending: list[tuple[Any, tuple[str, ...]]] = [(value, path)]
    while pending:
        inner, where = pending.pop()
        if isinstance(inner, Mapping):
            pending += [(item, (*where, str(name))) for name, item in inner.items()]
        elif isinstance(inner, list):
            pending += [(item, (*where, "[]")) for item in inner]
        else:
            yield where


def _names(rule: Mapping[str, Any]) -> tuple[str, ...]:
    path = str(rule.get("path", "/*"))
    return tuple(name.strip("\"'") for name in path.strip("/").split("/"))


def _covered(path: tuple[str, ...], included: list[tuple[str, ...]], excluded: list[tuple[str, ...]]) -> bool:
    """Say whether the most precise rule that matches a path includes it."""
    best_in = max((len(rule) for rule in included if _matches(rule, path)), default=0)
    best_out = max((len(rule) for rule in excluded if _matches(rule, path)), default=0)
    return best_in > best_out


def _matches(rule: tuple[str, ...], path: tuple[str, ...]) -> bool:
    *fixed, last = rule
    if last == "*":
        return path[: len(fixed)] == tuple(fixed)
    return path == (tuple(fixed) if last == "?" else rule)
