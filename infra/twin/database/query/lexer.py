"""Cut the text of a query into tokens."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from infra.twin.database.query.errors import Span, at

Kind = Literal["name", "keyword", "string", "number", "parameter", "operator", "end"]

# fmt: off
KEYWORDS = frozenset((
    "select", "distinct", "top", "value", "as", "from", "in", "join", "where", "group", "order", "by",
    "asc", "desc", "offset", "limit", "and", "or", "not", "between", "like", "escape", "exists", "array",
    "null", "true", "false", "undefined", "udf",
))
# fmt: on

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\r\n]*)
      | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<parameter>@[A-Za-z0-9_]+)
      | (?P<string>"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')
      | (?P<operator>>>>|\?\?|\|\||!=|<>|<=|>=|<<|>>|[-+*/%=<>()\[\]{},.:?|&^~])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/", "\\": "\\", '"': '"', "'": "'"}
_UNICODE_ESCAPE = 5


@dataclass(frozen=True)
class Token:
    """A word of the query: `text` as compared (keywords in lower case), `value` of a literal."""

    kind: Kind
    text: str
    span: Span
    value: Any = None


def tokens(text: str) -> list[Token]:
    """Return the query's tokens, the last of which is the end of the text."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _unreadable(text, place)
        if match.lastgroup != "space":
            found.append(_token(match))
        place = match.end()
    return [*found, Token("end", "", Span(place, place))]


def _token(match: re.Match[str]) -> Token:
    text, span = match.group(), Span(match.start(), match.end())
    if match.lastgroup == "number":
        return Token("number", text, span, _number(text))
    if match.lastgroup == "string":
        return Token("string", text, span, _string(text, span))
    if match.lastgroup == "parameter":
        return Token("parameter", text, span)
    if match.lastgroup == "operator":
        return Token("operator", "!=" if text == "<>" else text, span)
    lowered = text.lower()
    return Token("keyword", lowered, span) if lowered in KEYWORDS else Token("name", text, span)


def _number(text: str) -> int | float:
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    return int(text) if text.isdigit() else float(text)


def _string(text: str, span: Span) -> str:
    def unescape(match: re.Match[str]) -> str:
        escape = match.group(1)
        if len(escape) == _UNICODE_ESCAPE:
            return chr(int(escape[1:], 16))
        if escape not in _ESCAPED:
            raise at(span, "SC1012", f"Syntax error, invalid string literal token '{text}'.")
        return _ESCAPED[escape]

    plain = _ESCAPE.sub(unescape, text[1:-1])
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unreadable(text: str, place: int) -> Exception:
    if text[place] in "\"'":
        return at(
            Span(place, len(text)), "SC1012", f"Syntax error, invalid string literal token '{text[place:]}'."
        )
    return at(Span(place, place + 1), "SC1010", f"Syntax error, invalid token '{text[place]}'.")
