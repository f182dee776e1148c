"""JSON as the service takes and keeps it: strict, bounded, with the numbers of IEEE 754."""

import json
from typing import Any

from infra.twin.database.problems import invalid, too_large

MAX_ITEM = 2 * 1024 * 1024
MAX_DEPTH = 128
_SAFE_DIGITS = 15


def parse(body: bytes, *, limit: int = MAX_ITEM) -> Any:
    """Return the value of a JSON body; raise CosmosProblem 400 or 413 (size in bytes)."""
    if len(body) > limit:
        raise too_large()
    try:
        value = json.loads(body, parse_int=_integer, parse_float=_number, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise invalid(
            f"The request payload is invalid. Ensure to provide a valid request payload ({error})."
        ) from error
    _check_depth(value)
    return value


def parse_object(body: bytes, *, limit: int = MAX_ITEM) -> dict[str, Any]:
    """Return a JSON object; raise CosmosProblem when the body is none."""
    value = parse(body, limit=limit)
    if not isinstance(value, dict):
        raise invalid("The request payload is invalid. Ensure to provide a valid request payload.")
    return value


def compact(value: Any) -> str:
    """Return a value as the service writes it: no spaces, no escapes that JSON does not ask for."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def encoded(text: str) -> bytes:
    """Return text as UTF-8; a lone surrogate, which JSON can escape and UTF-8 cannot hold, is replaced."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _integer(digits: str) -> int | float:
    if len(digits) <= _SAFE_DIGITS:
        return int(digits)
    return _number(digits)


def _number(digits: str) -> int | float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"the number {digits[:40]} is out of range")
    return int(number) if number.is_integer() and abs(number) < 10**21 else number


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _check_depth(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for outer in level for inner in _members(outer) if isinstance(inner, dict | list)]
        if not level:
            return
    raise invalid(f"The document exceeds the maximum nesting depth of {MAX_DEPTH}.")


def _members(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
