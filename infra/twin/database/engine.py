"""The seam to the query engine: its errors become answers of the database."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.twin.database import query as engine
from infra.twin.database.problems import invalid
from infra.twin.database.query import UNDEFINED, QueryError

__all__ = ["UNDEFINED", "Query", "holds", "loaded", "needs_plan", "plan", "prepare", "run", "selects"]

MAX_QUERY = 512 * 1024


@dataclass(frozen=True)
class Query:
    """Hold the text of a query and the values of its parameters, by their names with the @."""

    text: str
    parameters: Mapping[str, Any]

    @classmethod
    def of_body(cls, body: Any) -> "Query":
        """Return the query of a request; raise CosmosProblem 400 when it is none."""
        given = body if isinstance(body, dict) else {"query": body}
        text, parameters = given.get("query"), given.get("parameters") or []
        if not isinstance(text, str) or not text.strip():
            raise invalid("The request payload has no query text.")
        if len(text) > MAX_QUERY:
            raise invalid(f"The query has {len(text)} characters; the limit is {MAX_QUERY}.")
        if not isinstance(parameters, list) or not all(_is_parameter(one) for one in parameters):
            raise invalid("The parameters of a query must be objects with name and value.")
        return cls(text, {one["name"]: one.get("value") for one in parameters})


def run(query: Query, documents: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Return the results of a query over documents."""
    try:
        return engine.run(query.text, query.parameters, documents)
    except QueryError as error:
        raise invalid(error.message) from error


def prepare(query: Query) -> Callable[[Mapping[str, Any]], list[Any]]:
    """Return the function of one document that a query is, compiled once for a scan."""
    try:
        results = engine.prepare(query.text, query.parameters)
    except QueryError as error:
        raise invalid(error.message) from error

    def over(document: Mapping[str, Any]) -> list[Any]:
        try:
            return results([document])
        except QueryError as error:
            raise invalid(error.message) from error

    return over


def loaded(
    query: Query, documents: Iterable[Mapping[str, Any]], indexing: Mapping[str, Any]
) -> Iterator[tuple[list[Mapping[str, Any]], Any]]:
    """Yield each result with the documents that were loaded for it; UNDEFINED with those of no result."""
    try:
        yield from engine.loaded(query.text, query.parameters, documents, indexing=indexing)
    except QueryError as error:
        raise invalid(error.message) from error


def selects(query: Query, indexing: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], bool]:
    """Return what says whether the index finds a document for a query, so that it is loaded."""
    try:
        return engine.selects(query.text, query.parameters, indexing)
    except QueryError as error:
        raise invalid(error.message) from error


def plan(query: Query, features: str | None) -> dict[str, Any]:
    """Return the plan by which the SDK runs a query over partitions; `features` as its header lists them."""
    known = None if features is None else [name.strip() for name in features.split(",")]
    try:
        return engine.plan(query.text, query.parameters, known)
    except QueryError as error:
        raise invalid(error.message) from error


def needs_plan(query: Query) -> bool:
    """Say whether a query is more than the sum of its results over single documents."""
    try:
        return engine.needs_plan(query.text)
    except QueryError as error:
        raise invalid(error.message) from error


def holds(condition: str, document: Mapping[str, Any]) -> bool:
    """Say whether a document fulfils a patch's condition, such as `from c where c.count = 1`."""
    return bool(run(Query(f"SELECT VALUE 1 {condition}", {}), [document]))


def _is_parameter(given: Any) -> bool:
    return isinstance(given, dict) and isinstance(given.get("name"), str)
