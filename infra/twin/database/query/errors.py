"""The errors of a query, in the shape in which the service words them."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A stretch of the query's text: first character, and the one after the last."""

    start: int
    end: int


class QueryError(Exception):
    """Refuse a query as the service does: status 400, with its list of errors as JSON."""

    status = 400
    code = "BadRequest"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def at(span: Span, code: str, message: str) -> QueryError:
    """Return the error of a place in the text."""
    where = {"start": span.start, "end": span.end}
    error = {"severity": "Error", "location": where, "code": code, "message": message}
    return _worded({"errors": [error]})


def overall(message: str, code: int | str | None = None) -> QueryError:
    """Return an error of the query as a whole."""
    error: dict[str, object] = {"severity": "Error"}
    if code is not None:
        error["code"] = code
    return _worded({"errors": [{**error, "message": message}]})


def unindexed(message: str) -> QueryError:
    """Return the error of a query that no index can serve."""
    return _worded({"Errors": [message]})


def _worded(body: dict[str, object]) -> QueryError:
    return QueryError(f"Message: {json.dumps(body, separators=(',', ':'), ensure_ascii=False)}")
