"""Which documents a query loads, so that they can be charged for: those that the index selects."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from infra.twin.database.query import syntax
from infra.twin.database.query.engine import Documents, compile_query, compile_traced
from infra.twin.database.query.selection import matching, selecting, traceable
from infra.twin.database.query.values import UNDEFINED

Document = Mapping[str, Any]


def selects(
    query: syntax.Query, parameters: Mapping[str, Any], policy: Mapping[str, Any]
) -> Callable[[Document], bool]:
    """Return what says whether the index finds a document for the query."""
    found = selecting(query, policy)
    return (lambda _: True) if found is None else _fulfils(found, parameters)


def loading(
    query: syntax.Query, parameters: Mapping[str, Any], policy: Mapping[str, Any]
) -> Callable[[Documents], Iterator[tuple[list[Document], Any]]]:
    """Return the function of documents that yields each row with those loaded for it.

    What was loaded and not shown comes with the next row, or with UNDEFINED after the last. Aggregates load
    everything before their first row; other queries stop with their limit.
    """
    chosen = selects(query, parameters, policy)
    pairs = _traced(query, parameters) if traceable(query) else _whole(query, parameters)

    def over(documents: Documents) -> Iterator[tuple[list[Document], Any]]:
        loaded: list[Document] = []
        for document, row in pairs(documents):
            if document is not None and chosen(document):
                loaded.append(document)
            if row is not UNDEFINED:
                yield loaded, row
                loaded = []
        yield loaded, UNDEFINED

    return over


_Pairs = Callable[[Documents], Iterator[tuple[Document | None, Any]]]


def _traced(query: syntax.Query, parameters: Mapping[str, Any]) -> _Pairs:
    fulfils = _fulfils(matching(query), parameters)
    rows = compile_traced(query, parameters)

    def over(documents: Documents) -> Iterator[tuple[Document | None, Any]]:
        fulfilling = []
        for document in documents:
            if fulfils(document):
                fulfilling.append(document)
            else:
                yield document, UNDEFINED
        yield from rows(fulfilling)

    return over


def _whole(query: syntax.Query, parameters: Mapping[str, Any]) -> _Pairs:
    results = compile_query(query, parameters)

    def over(documents: Documents) -> Iterator[tuple[Document | None, Any]]:
        held = list(documents)
        yield from ((document, UNDEFINED) for document in held)
        yield from ((None, row) for row in results(held))

    return over


def _fulfils(query: syntax.Query, parameters: Mapping[str, Any]) -> Callable[[Document], bool]:
    results = compile_query(query, parameters)
    return lambda document: any(True for _ in results([document]))
