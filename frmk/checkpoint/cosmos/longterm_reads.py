"""Memories read: by key, by prefix and filter, and the namespaces that there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from azure.cosmos.exceptions import CosmosResourceNotFoundError
from langgraph.store.base import GetOp, ListNamespacesOp, MatchCondition, SearchOp

from frmk.checkpoint.cosmos.longterm_documents import (
    document_id,
    namespace_of,
    path_of,
)
from frmk.checkpoint.cosmos.longterm_filter import Parameters, condition
from frmk.checkpoint.cosmos.longterm_place import Place
from frmk.checkpoint.cosmos.longterm_writes import BATCH_OPERATIONS, together

Document = Mapping[str, Any]
# Unless it is told otherwise, the service ends a page after a hundred.
_PAGE = 1_000


async def documents_by_id(place: Place, ops: Iterable[GetOp]) -> dict[str, Document]:
    """Return what gets ask for, by id: by point read, or by one query for a hundred in a partition."""
    partitions: dict[str, dict[str, None]] = defaultdict(dict)
    for op in ops:
        partitions[place.partition(op.namespace)][document_id(op.namespace, op.key)] = None
    found = await together(
        _fetch(place, partition, list(ids)[start : start + BATCH_OPERATIONS])
        for partition, ids in partitions.items()
        for start in range(0, len(ids), BATCH_OPERATIONS)
    )
    return {document["id"]: document for documents in found for document in documents}


async def search(place: Place, op: SearchOp) -> list[Document]:
    """Return the documents under a prefix that a filter matches, last written first."""
    require_page(op.limit, op.offset)
    if op.limit == 0:
        return []
    parameters = Parameters()
    under = f"STARTSWITH(c.path, {parameters.bind(path_of(op.namespace_prefix))})"
    where = f"{under} AND {condition(op.filter or {}, parameters)}"
    page = f"ORDER BY c.updated DESC OFFSET {op.offset} LIMIT {op.limit}"
    found = place.container.query_items(
        query=f"SELECT * FROM c WHERE {where} {page}",  # noqa: S608  # values are parameters, names JSON strings
        parameters=parameters.values,
        max_item_count=min(op.limit, _PAGE),
        **place.scope(op.namespace_prefix),
        **place.metered("search"),
    )
    return [document async for document in found]


async def namespaces(place: Place, op: ListNamespacesOp) -> list[tuple[str, ...]]:
    """Return the namespaces that match every condition, cut to the depth asked for, sorted."""
    require_page(op.limit, op.offset)
    prefix = _literal_prefix(op.match_conditions or ())
    found = place.container.query_items(
        query="SELECT DISTINCT VALUE c.path FROM c WHERE STARTSWITH(c.path, @prefix)",
        parameters=[{"name": "@prefix", "value": path_of(prefix)}],
        max_item_count=_PAGE,
        **place.scope(prefix),
        **place.metered("list"),
    )
    spaces = [namespace_of(str(path)) async for path in found]
    matching = {
        space[: op.max_depth]
        for space in spaces
        if all(matches(wanted, space) for wanted in op.match_conditions or ())
    }
    return sorted(matching)[op.offset : op.offset + op.limit]


async def ids_under(place: Place, prefix: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the ids of everything under a prefix, by partition."""
    found = place.container.query_items(
        query="SELECT c.id, c.pk FROM c WHERE STARTSWITH(c.path, @prefix)",
        parameters=[{"name": "@prefix", "value": path_of(prefix)}],
        max_item_count=_PAGE,
        **place.scope(prefix),
        **place.metered("delete"),
    )
    partitions: dict[str, list[str]] = defaultdict(list)
    async for document in found:
        partitions[document["pk"]].append(document["id"])
    return dict(partitions)


def matches(wanted: MatchCondition, namespace: Sequence[str]) -> bool:
    """Tell whether a namespace begins or ends as a condition says; `*` stands for any one label."""
    if wanted.match_type not in ("prefix", "suffix"):
        raise ValueError(f"There is no match type {wanted.match_type!r}. Allowed: prefix, suffix.")
    size = len(wanted.path)
    if len(namespace) < size:
        return False
    part = namespace[:size] if wanted.match_type == "prefix" else namespace[len(namespace) - size :]
    return all(label in ("*", found) for label, found in zip(wanted.path, part, strict=True))


def require_page(limit: int, offset: int) -> None:
    """Raise for a page that cannot be."""
    if limit < 0 or offset < 0:
        raise ValueError(f"limit and offset count from 0, got limit {limit} and offset {offset}.")


async def _fetch(place: Place, partition: str, ids: Sequence[str]) -> list[Document]:
    if len(ids) == 1:
        try:
            return [await place.container.read_item(ids[0], partition, **place.metered("get"))]
        except CosmosResourceNotFoundError:
            return []
    parameters = Parameters()
    names = ", ".join(parameters.bind(found) for found in ids)
    query = f"SELECT * FROM c WHERE c.id IN ({names})"  # noqa: S608  # the parameters' names
    found = place.container.query_items(
        query=query, parameters=parameters.values, partition_key=partition, **place.metered("get")
    )
    return [document async for document in found]


def _literal_prefix(conditions: Iterable[MatchCondition]) -> tuple[str, ...]:
    longest: tuple[str, ...] = ()
    for wanted in conditions:
        if wanted.match_type == "prefix":
            path = tuple(wanted.path)
            literal = path[: path.index("*")] if "*" in path else path
            longest = max(longest, literal, key=len)
    return longest
