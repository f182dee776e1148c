"""The query dialect of Cosmos DB for NoSQL, over plain documents."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from infra.twin.database.query import loading, planning
from infra.twin.database.query.engine import compile_query
from infra.twin.database.query.errors import QueryError, overall
from infra.twin.database.query.indexing import check_indexed
from infra.twin.database.query.parser import parse
from infra.twin.database.query.values import UNDEFINED

__all__ = ["UNDEFINED", "QueryError", "loaded", "needs_plan", "plan", "prepare", "run", "selects"]


def run(
    text: str,
    parameters: Mapping[str, Any],
    documents: Iterable[Mapping[str, Any]],
    *,
    indexing: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Return a query's results; `parameters` by name, with its sign.

    Documents come in the order of their `_rid`. With an indexing policy, an ORDER BY that it cannot serve is
    refused. Raises QueryError (status 400, message as the service's).
    """
    return prepare(text, parameters, indexing=indexing)(documents)


def prepare(
    text: str, parameters: Mapping[str, Any], *, indexing: Mapping[str, Any] | None = None
) -> Callable[[Iterable[Mapping[str, Any]]], list[Any]]:
    """Return `run` for documents to come, so that one query over many is compiled once."""
    try:
        query = parse(text)
        if indexing is not None:
            check_indexed(query, indexing)
        results = compile_query(query, parameters)
    except RecursionError:
        raise _too_complex() from None

    def over(documents: Iterable[Mapping[str, Any]]) -> list[Any]:
        try:
            return list(results(documents))
        except RecursionError:
            raise _too_complex() from None

    return over


def loaded(
    text: str,
    parameters: Mapping[str, Any],
    documents: Iterable[Mapping[str, Any]],
    *,
    indexing: Mapping[str, Any],
) -> Iterator[tuple[list[Mapping[str, Any]], Any]]:
    """Yield each result with the documents that were loaded for it; UNDEFINED with those of no result."""
    try:
        query = parse(text)
        check_indexed(query, indexing)
        yield from loading.loading(query, parameters, indexing)(documents)
    except RecursionError:
        raise _too_complex() from None


def selects(
    text: str, parameters: Mapping[str, Any], indexing: Mapping[str, Any]
) -> Callable[[Mapping[str, Any]], bool]:
    """Return what says whether the index finds a document for a query, so that it is loaded."""
    try:
        return loading.selects(parse(text), parameters, indexing)
    except RecursionError:
        raise _too_complex() from None


def needs_plan(text: str) -> bool:
    """Say whether a query over several partitions needs the client's help (400, sub status 1004)."""
    try:
        return planning.needs_plan(text)
    except RecursionError:
        raise _too_complex() from None


def plan(
    text: str, parameters: Mapping[str, Any] | None = None, features: Collection[str] | None = None
) -> dict[str, Any]:
    """Return the body that answers a query plan request; `features` as the client's header lists them."""
    try:
        return planning.plan(text, parameters or {}, features)
    except RecursionError:
        raise _too_complex() from None


def _too_complex() -> QueryError:
    return overall("The query is too deeply nested; flatten it.")
