"""Threads as langchain-azure-cosmosdb 1.0 keeps them, read without that package.

    checkpoint$<thread>$<ns>$<checkpoint>           in partition checkpoint$<thread>$<ns>$
    writes$<thread>$<ns>$<checkpoint>$<task>$<idx>  in partition writes$<thread>$<ns>$<checkpoint>$

The parts hold no `$`: that package refuses them. It does not keep a task's path.
"""

import base64
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from azure.cosmos.aio import ContainerProxy

from frmk.checkpoint.cosmos.errors import CosmosStateError

_SEPARATOR = "$"
_CHECKPOINT_PARTS = 4
_WRITE_PARTS = 6
# A page holds whole states: few at a time bound what is in memory.
_PAGE = 25

Typed = tuple[str, bytes]


class SourceDocumentError(CosmosStateError):
    """A document of the container is not what langchain-azure-cosmosdb writes."""


class SourceCheckpoint(NamedTuple):
    """Hold one stored checkpoint, still serialised."""

    checkpoint_id: str
    parent_id: str | None
    state: Typed
    metadata: Typed


class SourceWrite(NamedTuple):
    """Hold one stored write, still serialised."""

    idx: int
    channel: str
    value: Typed


# By namespace and checkpoint, then by task.
Writes = dict[tuple[str, str], dict[str, list[SourceWrite]]]


async def thread_namespaces(container: ContainerProxy, thread_id: str | None = None) -> dict[str, list[str]]:
    """Return the namespaces of every thread, or of one; ids alone are read."""
    prefix = f"checkpoint{_SEPARATOR}" if thread_id is None else _key("checkpoint", thread_id, "")
    found = container.query_items(
        query="SELECT VALUE c.id FROM c WHERE STARTSWITH(c.id, @prefix)",
        parameters=[{"name": "@prefix", "value": prefix}],
    )
    threads: dict[str, set[str]] = defaultdict(set)
    async for item in found:
        _, thread, namespace, _ = _parts(str(item), _CHECKPOINT_PARTS)
        threads[thread].add(namespace)
    return {thread: sorted(threads[thread]) for thread in sorted(threads)}


async def checkpoints(
    container: ContainerProxy, thread_id: str, namespace: str
) -> AsyncIterator[SourceCheckpoint]:
    """Yield the checkpoints of a namespace, oldest first."""
    found = container.query_items(
        query="SELECT * FROM c ORDER BY c.id ASC",
        partition_key=_key("checkpoint", thread_id, namespace, ""),
        max_item_count=_PAGE,
    )
    async for document in found:
        yield _checkpoint(document)


async def writes(container: ContainerProxy, thread_id: str) -> Writes:
    """Return the writes of a thread in the order in which each task made them."""
    found = container.query_items(
        query="SELECT * FROM c WHERE STARTSWITH(c.id, @prefix)",
        parameters=[{"name": "@prefix", "value": _key("writes", thread_id, "")}],
    )
    by_checkpoint: Writes = defaultdict(lambda: defaultdict(list))
    async for document in found:
        _, _, namespace, checkpoint_id, task_id, idx = _parts(document["id"], _WRITE_PARTS)
        write = _write(document, int(idx))
        by_checkpoint[namespace, checkpoint_id][task_id].append(write)
    for tasks in by_checkpoint.values():
        for made in tasks.values():
            made.sort(key=lambda write: write.idx)
    return by_checkpoint


def _checkpoint(document: Mapping[str, Any]) -> SourceCheckpoint:
    _, _, _, checkpoint_id = _parts(document["id"], _CHECKPOINT_PARTS)
    try:
        kind, metadata = document["metadata"]
        return SourceCheckpoint(
            checkpoint_id,
            document.get("parent_checkpoint_id") or None,
            (document["type"], base64.b64decode(document["checkpoint"], validate=True)),
            (kind, base64.b64decode(metadata, validate=True)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _strange(document, error) from error


def _write(document: Mapping[str, Any], idx: int) -> SourceWrite:
    try:
        value = document["type"], base64.b64decode(document["value"], validate=True)
        return SourceWrite(idx, document["channel"], value)
    except (KeyError, TypeError, ValueError) as error:
        raise _strange(document, error) from error


def _strange(document: Mapping[str, Any], error: Exception) -> SourceDocumentError:
    return SourceDocumentError(
        f"Document {document['id']!r} is not one of langchain-azure-cosmosdb 1.0: {type(error).__name__} "
        f"{error}. Check that this is its container."
    )


def _key(*parts: str) -> str:
    return _SEPARATOR.join(parts)


def _parts(key: str, expected: int) -> list[str]:
    parts = key.split(_SEPARATOR)
    if len(parts) != expected:
        raise SourceDocumentError(
            f"The id {key!r} has {len(parts)} parts between '$', langchain-azure-cosmosdb writes {expected}. "
            "Check that this is its container."
        )
    return parts
