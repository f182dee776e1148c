"""Operators on Cosmos values; anything that does not fit gives undefined."""

import re
from functools import lru_cache
from typing import Any

from infra.twin.database.query.values import UNDEFINED, compare, equal, is_number, number

_WORD = 2**32


def binary(operator: str, left: Any, right: Any) -> Any:
    """Return the result of a binary operator."""
    if operator == "??":
        return right if left is UNDEFINED else left
    if operator == "=":
        return equal(left, right)
    if operator == "!=":
        return negate(equal(left, right))
    if operator in ("<", "<=", ">", ">="):
        return compare(operator, left, right)
    if operator == "||":
        return left + right if isinstance(left, str) and isinstance(right, str) else UNDEFINED
    return _arithmetic(operator, left, right) if is_number(left) and is_number(right) else UNDEFINED


def unary(operator: str, value: Any) -> Any:
    """Return the result of NOT, -, + or ~."""
    if operator == "not":
        return negate(value)
    if not is_number(value):
        return UNDEFINED
    if operator == "~":
        return ~_bits(value)
    return -value if operator == "-" else value


def negate(value: Any) -> Any:
    """Return NOT value; of anything but a boolean it is undefined."""
    return not value if isinstance(value, bool) else UNDEFINED


def every(values: list[Any]) -> Any:
    """Return the AND of values: false wins over undefined."""
    if any(value is False for value in values):
        return False
    return True if all(value is True for value in values) else UNDEFINED


def some(values: list[Any]) -> Any:
    """Return the OR of values: true wins over undefined."""
    if any(value is True for value in values):
        return True
    return False if all(value is False for value in values) else UNDEFINED


def step_into(value: Any, step: Any) -> Any:
    """Return a property or item; undefined when there is none."""
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step, UNDEFINED)
    if isinstance(value, list) and is_number(step) and step == int(step) and 0 <= step < len(value):
        return value[int(step)]
    return UNDEFINED


def like(value: Any, pattern: Any, escape: Any) -> Any:
    """Return whether a string has a pattern of `%`, `_`, `[set]` and `[^set]`."""
    if not isinstance(value, str) or not isinstance(pattern, str):
        return UNDEFINED
    return _like(pattern, escape if isinstance(escape, str) else "").fullmatch(value) is not None


@lru_cache(maxsize=128)
def _like(pattern: str, escape: str) -> re.Pattern[str]:
    parts: list[str] = []
    place = 0
    while place < len(pattern):
        sign = pattern[place]
        closing = pattern.find("]", place + 2)
        if escape and sign == escape and place + 1 < len(pattern):
            place += 1
            parts.append(re.escape(pattern[place]))
        elif sign == "[" and closing > 0:
            parts.append(_set(pattern[place + 1 : closing]))
            place = closing
        else:
            parts.append({"%": ".*", "_": "."}.get(sign, re.escape(sign)))
        place += 1
    return re.compile("".join(parts), re.DOTALL)


def _set(content: str) -> str:
    negated = content.startswith("^")
    escaped = re.sub(r"([\\\[\]^&~|])", r"\\\1", content[negated:])
    return f"[{'^' if negated else ''}{escaped}]"


def _arithmetic(operator: str, left: float, right: float) -> Any:
    if operator in ("&", "|", "^", "<<", ">>", ">>>"):
        return _bitwise(operator, _bits(left), _bits(right))
    try:
        if operator == "/":
            return number(left / right)
        if operator == "%":
            return number(float(left) - float(right) * int(left / right))
        result = left + right if operator == "+" else left - right if operator == "-" else left * right
        return number(float(result))
    except (ZeroDivisionError, OverflowError):
        return UNDEFINED


def _bitwise(operator: str, left: int, right: int) -> int:
    if operator in ("&", "|", "^"):
        return left & right if operator == "&" else left | right if operator == "|" else left ^ right
    places = right & 31
    if operator == ">>>":
        return (left % _WORD) >> places
    return _bits(left << places) if operator == "<<" else left >> places


def _bits(value: float) -> int:
    word = int(value) % _WORD
    return word - _WORD if word >= _WORD // 2 else word
