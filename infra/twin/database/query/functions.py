"""The built-in functions: by name, what arguments each takes and what it returns.

An argument of another type gives undefined; a wrong number of arguments is an error of the query.
"""

import json
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.twin.database.query.values import UNDEFINED, group_key, is_number, number, same

MAX_STRING = 2 * 1024 * 1024
MAX_PATTERN = 1000
MAX_ARGUMENTS = 1000


@dataclass(frozen=True)
class Function:
    """A built-in: one letter per argument (a letter in brackets is optional, `*` repeats the last)."""

    call: Callable[..., Any]
    least: int
    most: int
    types: str

    def __call__(self, *arguments: Any) -> Any:
        """Return the result, or undefined when an argument is of another type."""
        fits = (_TYPES[self._type(place)](value) for place, value in enumerate(arguments))
        if not all(fits):
            return UNDEFINED
        try:
            result = self.call(*arguments)
        except (ValueError, OverflowError, ZeroDivisionError):
            return UNDEFINED
        return number(result) if isinstance(result, float) else result

    def _type(self, place: int) -> str:
        return self.types[min(place, len(self.types) - 1)]


_TYPES: dict[str, Callable[[Any], bool]] = {
    "x": lambda _: True,
    "d": lambda value: value is not UNDEFINED,
    "s": lambda value: isinstance(value, str),
    "n": is_number,
    "b": lambda value: isinstance(value, bool),
    "a": lambda value: isinstance(value, list),
    "o": lambda value: isinstance(value, dict),
}


def _function(types: str, call: Callable[..., Any], optional: int = 0, *, variadic: bool = False) -> Function:
    return Function(call, len(types) - optional, MAX_ARGUMENTS if variadic else len(types), types)


def _folded(test: Callable[[str, str], Any]) -> Callable[..., Any]:
    def call(text: str, part: str, ignore_case: bool = False) -> Any:  # noqa: FBT001, FBT002
        return test(text.casefold(), part.casefold()) if ignore_case else test(text, part)

    return call


def _contains(items: list[Any], wanted: Any, partial: bool = False) -> bool:  # noqa: FBT001, FBT002
    return any(_has(item, wanted) if partial else same(item, wanted) for item in items)


def _has(item: Any, wanted: Any) -> bool:
    if not isinstance(item, dict) or not isinstance(wanted, dict):
        return same(item, wanted)
    return all(key in item and _has(item[key], value) for key, value in wanted.items())


def _contains_any(items: list[Any], *wanted: Any) -> bool:
    return any(_contains(items, value) for value in wanted)


def _contains_all(items: list[Any], *wanted: Any) -> bool:
    return all(_contains(items, value) for value in wanted)


def _concatenated(*lists: list[Any]) -> list[Any]:
    return [item for items in lists for item in items]


def _slice(items: Any, start: float, length: float | None = None) -> Any:
    begin = max(0, len(items) + int(start)) if start < 0 else int(start)
    return items[begin:] if length is None else items[begin : begin + max(0, int(length))]


def _substring(text: str, start: float, length: float = math.inf) -> str:
    begin = min(max(int(start), 0), len(text))
    return text[begin : begin + max(0, int(min(length, len(text))))]


def _index_of(text: str, part: str, start: float = 0) -> int:
    return text.find(part, int(start))


def _replicate(text: str, times: float) -> Any:
    bounded = times >= 0 and len(text) * times <= MAX_STRING
    return text * int(times) if bounded else UNDEFINED


def _replace(text: str, old: str, new: str) -> str:
    return text.replace(old, new) if old else text


def _regex(text: str, pattern: str, modifiers: str = "") -> Any:
    flags = {"m": re.MULTILINE, "s": re.DOTALL, "i": re.IGNORECASE, "x": re.VERBOSE}
    if any(modifier not in flags for modifier in modifiers) or len(pattern) > MAX_PATTERN:
        return UNDEFINED
    try:
        return re.search(pattern, text, sum(flags[modifier] for modifier in set(modifiers))) is not None
    except re.error:
        return UNDEFINED


def text_of(value: Any) -> Any:
    """Return a value as ToString does."""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _parsed(kind: Callable[[Any], bool]) -> Callable[[str], Any]:
    def call(text: str) -> Any:
        value = json.loads(text.strip(), parse_constant=lambda _: UNDEFINED)
        return value if kind(value) else UNDEFINED

    return call


def _round(value: float) -> float:
    return float(math.floor(abs(value) + 0.5) * (1 if value >= 0 else -1))


def _set_of(items: list[Any]) -> list[Any]:
    return list({group_key(item): item for item in reversed(items)}.values())[::-1]


def _intersection(left: list[Any], right: list[Any]) -> list[Any]:
    keys = {group_key(item) for item in right}
    return [item for item in _set_of(left) if group_key(item) in keys]


def _primitive(value: Any) -> bool:
    return value is not UNDEFINED and not isinstance(value, list | dict)


def _now_text() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def _now_milliseconds() -> int:
    return int(time.time() * 1000)


FUNCTIONS: dict[str, Function] = {
    # types
    "IS_DEFINED": _function("x", lambda value: value is not UNDEFINED),
    "IS_NULL": _function("x", lambda value: value is None),
    "IS_STRING": _function("x", _TYPES["s"]),
    "IS_NUMBER": _function("x", is_number),
    "IS_FINITE_NUMBER": _function("x", is_number),
    "IS_INTEGER": _function("x", lambda value: is_number(value) and float(value).is_integer()),
    "IS_BOOL": _function("x", _TYPES["b"]),
    "IS_ARRAY": _function("x", _TYPES["a"]),
    "IS_OBJECT": _function("x", _TYPES["o"]),
    "IS_PRIMITIVE": _function("x", _primitive),
    # strings
    "STARTSWITH": _function("ssb", _folded(str.startswith), 1),
    "ENDSWITH": _function("ssb", _folded(str.endswith), 1),
    "CONTAINS": _function("ssb", _folded(str.__contains__), 1),
    "STRINGEQUALS": _function("ssb", _folded(str.__eq__), 1),
    "CONCAT": _function("ss", lambda *parts: "".join(parts), variadic=True),
    "LENGTH": _function("s", len),
    "LOWER": _function("s", str.lower),
    "UPPER": _function("s", str.upper),
    "TRIM": _function("s", str.strip),
    "LTRIM": _function("s", str.lstrip),
    "RTRIM": _function("s", str.rstrip),
    "LEFT": _function("sn", lambda text, size: _substring(text, 0, size)),
    "RIGHT": _function("sn", lambda text, size: text[max(0, len(text) - max(0, int(size))) :]),
    "REVERSE": _function("s", lambda text: text[::-1]),
    "REPLACE": _function("sss", _replace),
    "REPLICATE": _function("sn", _replicate),
    "SUBSTRING": _function("snn", _substring, 1),
    "INDEX_OF": _function("ssn", _index_of, 1),
    "REGEXMATCH": _function("sss", _regex, 1),
    "TOSTRING": _function("d", text_of),
    "STRINGTONUMBER": _function("s", _parsed(is_number)),
    "STRINGTOBOOLEAN": _function("s", _parsed(_TYPES["b"])),
    "STRINGTOARRAY": _function("s", _parsed(_TYPES["a"])),
    "STRINGTOOBJECT": _function("s", _parsed(_TYPES["o"])),
    "STRINGTONULL": _function("s", _parsed(lambda value: value is None)),
    # arrays
    "ARRAY_CONTAINS": _function("adb", _contains, 1),
    "ARRAY_CONTAINS_ANY": _function("ad", _contains_any, variadic=True),
    "ARRAY_CONTAINS_ALL": _function("ad", _contains_all, variadic=True),
    "ARRAY_LENGTH": _function("a", len),
    "ARRAY_CONCAT": _function("aa", _concatenated, variadic=True),
    "ARRAY_SLICE": _function("ann", _slice, 1),
    "SETINTERSECT": _function("aa", _intersection),
    "SETUNION": _function("aa", lambda left, right: _set_of(left + right)),
    # numbers
    "ABS": _function("n", abs),
    "CEILING": _function("n", math.ceil),
    "FLOOR": _function("n", math.floor),
    "ROUND": _function("n", _round),
    "TRUNC": _function("n", math.trunc),
    "SIGN": _function("n", lambda value: (value > 0) - (value < 0)),
    "SQRT": _function("n", math.sqrt),
    "SQUARE": _function("n", lambda value: float(value) * value),
    "POWER": _function("nn", math.pow),
    "EXP": _function("n", math.exp),
    "LOG": _function("nn", math.log, 1),
    "LOG10": _function("n", math.log10),
    "PI": _function("", lambda: math.pi),
    "INTADD": _function("nn", lambda left, right: int(left) + int(right)),
    "INTSUB": _function("nn", lambda left, right: int(left) - int(right)),
    # time
    "GETCURRENTTIMESTAMP": _function("", _now_milliseconds),
    "GETCURRENTDATETIME": _function("", _now_text),
    # choice
    "IIF": _function("xxx", lambda condition, yes, no: yes if condition is True else no),
}  # fmt: skip
