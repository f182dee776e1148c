"""Cosmos values: undefined beside JSON, equality, comparison and the order across types.

Equality follows the reference engine in the vendor's own SDK repository (azure-cosmos-dotnet-v3,
OfflineEngine/ScalarExpressionEvaluator): undefined on a side gives undefined, different types are unequal.
"""

import json
import math
from enum import Enum
from typing import Any, Final

_EXACT = 2**53


class _Undefined(Enum):
    UNDEFINED = "undefined"


UNDEFINED: Final = _Undefined.UNDEFINED
_RANKS = {bool: 2, int: 3, float: 3, str: 4, list: 5, dict: 6}


def rank(value: Any) -> int:
    """Return the place of the value's type: undefined, null, boolean, number, string, array, object."""
    if value is UNDEFINED:
        return 0
    return 1 if value is None else _RANKS[type(value)]


def is_number(value: Any) -> bool:
    """Say whether the value is a JSON number."""
    return type(value) is int or type(value) is float


def equal(left: Any, right: Any) -> Any:
    """Return true, false, or undefined when a side is undefined."""
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    return same(left, right)


def same(left: Any, right: Any) -> bool:
    """Compare deeply; 1 is 1.0 but not true."""
    if rank(left) != rank(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return bool(left == right)


def compare(operator: str, left: Any, right: Any) -> Any:
    """Return the result of `<`, `<=`, `>` or `>=`; undefined across types, for arrays and for objects."""
    if rank(left) != rank(right) or rank(left) in (0, 5, 6):
        return UNDEFINED
    if left is None:
        return operator in ("<=", ">=")
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    return left > right if operator == ">" else left >= right


def sort_key(value: Any) -> tuple[Any, ...]:
    """Return what orders values of all types, as the index does."""
    place = rank(value)
    if place in (0, 1):
        return (place,)
    if place in (5, 6):
        return (place, json.dumps(value, sort_keys=True))
    return (place, value)


def group_key(value: Any) -> str:
    """Return equal text for equal values."""
    return "" if value is UNDEFINED else json.dumps(_canonical(value), sort_keys=True)


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return float(value) if is_number(value) else value


def number(value: float) -> Any:
    """Return a result as JSON has it: whole numbers without a fraction; not a number is undefined."""
    if isinstance(value, complex) or not math.isfinite(value):
        return UNDEFINED
    return int(value) if float(value).is_integer() and abs(value) < _EXACT else value
