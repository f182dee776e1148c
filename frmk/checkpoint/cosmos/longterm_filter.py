"""A search's filter as a condition of the database's query language."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from frmk.checkpoint.cosmos.errors import CosmosStateError

OPERATORS = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")
_ORDERINGS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
_EXACT_INTEGER = 2**53
# A bool is an int in Python and none in JSON: it is looked for first.
_TYPE_TESTS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "IS_BOOL"),
    (str, "IS_STRING"),
    ((int, float), "IS_NUMBER"),
    ((list, tuple), "IS_ARRAY"),
    (Mapping, "IS_OBJECT"),
)


class FilterError(CosmosStateError, ValueError):
    """A filter asks for what no search can answer."""


@dataclass
class Parameters:
    """The values of one query, named in the order in which they were bound."""

    values: list[dict[str, Any]] = field(default_factory=list)

    def bind(self, value: Any) -> str:
        """Add a value and return the name under which the query's text reads it."""
        name = f"@p{len(self.values)}"
        self.values.append({"name": name, "value": value})
        return name


def condition(wanted: Mapping[str, Any], parameters: Parameters) -> str:
    """Return the condition for a filter.

    Like is compared with like: text with text, a number with a number; what has another type, or is not
    there, is unequal. A mapping without operators matches a value that holds at least its fields.
    """
    return _fields('c["value"]', wanted, parameters) or "true"


def _fields(path: str, wanted: Mapping[str, Any], parameters: Parameters) -> str:
    # A JSON string is a string of the query language too: a name cannot end its quotes.
    parts = [_matches(f"{path}[{json.dumps(name)}]", value, parameters) for name, value in wanted.items()]
    return " AND ".join(parts)


def _matches(path: str, wanted: Any, parameters: Parameters) -> str:
    if not isinstance(wanted, Mapping):
        return _equal(path, wanted, parameters)
    if any(str(name).startswith("$") for name in wanted):
        return " AND ".join(_operator(path, name, value, parameters) for name, value in wanted.items())
    inner = _fields(path, wanted, parameters)
    return f"(IS_OBJECT({path}){' AND ' if inner else ''}{inner})"


def _operator(path: str, operator: str, wanted: Any, parameters: Parameters) -> str:
    if operator == "$eq":
        return _equal(path, wanted, parameters)
    if operator == "$ne":
        return _unequal(path, wanted, parameters)
    if operator in _ORDERINGS:
        return _ordered(path, operator, wanted, parameters)
    raise FilterError(f"There is no filter operator {operator!r}. Allowed: {', '.join(OPERATORS)}.")


def _equal(path: str, wanted: Any, parameters: Parameters) -> str:
    if wanted is None:
        return f"(NOT IS_DEFINED({path}) OR IS_NULL({path}))"
    if _is_no_json_number(wanted):
        return "false"
    return f"{path} = {parameters.bind(_exact(wanted))}"


def _unequal(path: str, wanted: Any, parameters: Parameters) -> str:
    if wanted is None:
        return f"(IS_DEFINED({path}) AND NOT IS_NULL({path}))"
    if _is_no_json_number(wanted):
        return "true"
    # A comparison with another type, or with nothing, is undefined and would drop the item.
    return f"(NOT {_type_test(wanted)}({path}) OR {path} != {parameters.bind(_exact(wanted))})"


def _ordered(path: str, operator: str, wanted: Any, parameters: Parameters) -> str:
    if isinstance(wanted, bool) or not isinstance(wanted, int | float | str):
        raise FilterError(f"{operator} compares with a number or a text, not with {wanted!r}.")
    if isinstance(wanted, float) and not math.isfinite(wanted):
        below_all = wanted > 0 and operator in ("$lt", "$lte")
        above_all = wanted < 0 and operator in ("$gt", "$gte")
        return f"IS_NUMBER({path})" if below_all or above_all else "false"
    return f"{path} {_ORDERINGS[operator]} {parameters.bind(_exact(wanted))}"


def _is_no_json_number(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _exact(value: Any) -> Any:
    _type_test(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT_INTEGER:
        return float(value)
    return value


def _type_test(value: Any) -> str:
    for kinds, test in _TYPE_TESTS:
        if isinstance(value, kinds):
            return test
    raise FilterError(f"A filter compares with JSON values, not with {value!r}.")
