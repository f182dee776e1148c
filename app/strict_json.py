"""Read JSON as the contract bounds it: strict, of limited size and depth, never by recursion of ours."""

import json
import re
from math import isfinite
from typing import Any, NoReturn

from app.errors import MalformedJsonError

# Strings are skipped whole, so that a bracket inside one does not count as depth.
# Possessive and with the closing quote optional: one pass over any input, also over a hostile one.
_TOKENS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse_json(raw: bytes, *, depth: int) -> Any:
    """Return the value of strict JSON no deeper than `depth`; MalformedJsonError says what is wrong where."""
    _check_depth(raw, depth)
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise MalformedJsonError(f"The JSON is not UTF-8: byte {error.start} is wrong.") from error
    except json.JSONDecodeError as error:
        raise MalformedJsonError(
            f"The JSON is malformed at line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error
    except ValueError as error:
        raise MalformedJsonError(f"The JSON holds a number that cannot be read: {error}.") from error
    if _SURROGATE.search(raw):
        _refuse_lone_surrogates(value)
    return value


def _check_depth(raw: bytes, allowed: int) -> None:
    level = 0
    for token in _TOKENS.finditer(raw):
        mark = raw[token.start()]
        level += (mark in b"[{") - (mark in b"]}")
        if level > allowed:
            raise MalformedJsonError(
                f"The JSON is more than {allowed} levels deep; allowed are {allowed}. Flatten it."
            )


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise MalformedJsonError(f"The JSON holds {text[:20]}, which is beyond what a number can hold.")
    return value


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedJsonError("The JSON holds half of a surrogate pair; send whole characters.") from error


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJsonError(f"The JSON holds {name}, which JSON does not know. Use null or a string.")
