"""Memories written in few requests: one for a single update, two for up to a hundred in one partition."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from azure.cosmos.exceptions import (
    CosmosBatchOperationError,
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)
from langgraph.store.base import PutOp

from frmk.checkpoint.cosmos.longterm_documents import (
    ItemTooLargeError,
    document_id,
    document_of,
    expires,
    lifetime,
    require_storable,
    stamp,
)
from frmk.checkpoint.cosmos.longterm_place import Place

BATCH_OPERATIONS: Final = 100
# The database takes 2 MB; past 1 MB of body aiohttp warns that sending holds up the loop.
BATCH_BYTES: Final = 1_000_000
# How often a write is tried again because another writer made or removed the same memory meanwhile.
ATTEMPTS: Final = 5
_CONCURRENT = 16
_TOO_LARGE = 413
_NOT_FOUND = 404

Timed = tuple[PutOp, datetime]


async def write(place: Place, ops: Iterable[PutOp]) -> None:
    """Put and delete memories; of several puts under one key the last is the one that counts."""
    last = {(op.namespace, op.key): op for op in ops}
    now = datetime.now(UTC)
    partitions: dict[str, list[Timed]] = defaultdict(list)
    for order, op in enumerate(last.values()):
        # No two of one call at the same time: searches are sorted by it and paged.
        partitions[place.partition(op.namespace)].append((op, now + timedelta(microseconds=order)))
    await together(
        _write_chunk(place, partition, chunk)
        for partition, timed in partitions.items()
        for chunk in _chunks(timed)
    )


async def refresh(place: Place, documents: Iterable[Mapping[str, Any]]) -> None:
    """Start the lifetime of memories that were read again; those without one cost nothing."""
    partitions: dict[str, list[str]] = defaultdict(list)
    for document in documents:
        if expires(document):
            partitions[document["pk"]].append(document["id"])
    # Any write starts the lifetime again; a field of its own cannot undo what another writer puts meanwhile.
    touch = [{"op": "set", "path": "/read", "value": stamp(datetime.now(UTC))}]
    await together(
        _apply_to_existing(place, partition, [("patch", (found, touch)) for found in ids], "refresh")
        for partition, every in partitions.items()
        for ids in _slices(list(dict.fromkeys(every)))
    )


async def delete_ids(place: Place, partition: str, ids: Sequence[str]) -> None:
    """Delete memories of one partition; one that is gone already is no error."""
    for part in _slices(ids):
        await _apply_to_existing(place, partition, [("delete", (found,)) for found in part], "delete")


async def together(work: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Run requests side by side, a bounded number at once; all end before the first error is raised."""
    room = asyncio.Semaphore(_CONCURRENT)

    async def _run(one: Coroutine[Any, Any, Any]) -> Any:
        async with room:
            return await one

    results = await asyncio.gather(*(_run(one) for one in work), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def _slices(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), BATCH_OPERATIONS):
        yield items[start : start + BATCH_OPERATIONS]


def _chunks(timed: Iterable[Timed]) -> Iterator[list[Timed]]:
    chunk: list[Timed] = []
    size = 0
    for one in timed:
        needed = require_storable(one[0])
        if chunk and (len(chunk) == BATCH_OPERATIONS or size + needed > BATCH_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(one)
        size += needed
    if chunk:
        yield chunk


async def _write_chunk(place: Place, partition: str, chunk: Sequence[Timed]) -> None:
    try:
        if len(chunk) > 1:
            await _write_batch(place, partition, chunk)
        elif chunk[0][0].value is None:
            await delete_ids(place, partition, [document_id(chunk[0][0].namespace, chunk[0][0].key)])
        else:
            await _write_one(place, partition, chunk[0])
    except CosmosHttpResponseError as error:
        if error.status_code != _TOO_LARGE:
            raise
        keys = ", ".join(repr(op.key) for op, _ in chunk)
        raise ItemTooLargeError(f"The database refused {keys} as too large: {error.message}") from error


async def _write_one(place: Place, partition: str, timed: Timed) -> None:
    op, now = timed
    changes = {"value": dict(op.value or {}), "updated": stamp(now), "ttl": lifetime(op.ttl)}
    patch = [{"op": "set", "path": f"/{name}", "value": value} for name, value in changes.items()]
    for _ in range(ATTEMPTS):
        try:
            # An update keeps the time of creation without asking for it first.
            await place.container.patch_item(
                document_id(op.namespace, op.key), partition, patch, no_response=True, **place.metered("put")
            )
        except CosmosResourceNotFoundError:
            try:
                document = document_of(op, partition=partition, created=stamp(now), updated=now)
                await place.container.create_item(document, no_response=True, **place.metered("put"))
            except CosmosResourceExistsError:
                continue
        return
    raise RuntimeError(f"{op.key!r} in {op.namespace!r} was made and removed by others {ATTEMPTS} times.")


async def _write_batch(place: Place, partition: str, chunk: Sequence[Timed]) -> None:
    ids = {document_id(op.namespace, op.key): (op, now) for op, now in chunk}
    for _ in range(ATTEMPTS):
        known = await _creation_times(place, partition, list(ids))
        operations: list[tuple[str, tuple[Any, ...]]] = []
        for found, (op, now) in ids.items():
            if op.value is not None:
                created = known.get(found) or stamp(now)
                operations.append(
                    ("upsert", (document_of(op, partition=partition, created=created, updated=now),))
                )
            elif found in known:
                operations.append(("delete", (found,)))
        if not operations or await _applied(place, partition, operations):
            return
    raise RuntimeError(f"The memories of partition {partition!r} were removed by others {ATTEMPTS} times.")


async def _creation_times(place: Place, partition: str, ids: Sequence[str]) -> dict[str, str]:
    parameters: list[dict[str, object]] = [
        {"name": f"@p{order}", "value": found} for order, found in enumerate(ids)
    ]
    names = ", ".join(str(parameter["name"]) for parameter in parameters)
    found = place.container.query_items(
        query=f"SELECT c.id, c.created FROM c WHERE c.id IN ({names})",  # noqa: S608  # parameters' names
        parameters=parameters,
        partition_key=partition,
        **place.metered("put"),
    )
    return {document["id"]: document["created"] async for document in found}


async def _applied(place: Place, partition: str, operations: Sequence[Any]) -> bool:
    """Tell whether a batch was carried out; false when an item that it removes is gone already."""
    try:
        await place.container.execute_item_batch(
            list(operations), partition_key=partition, **place.metered("put")
        )
    except CosmosBatchOperationError as error:
        if error.status_code != _NOT_FOUND:
            raise
        return False
    return True


async def _apply_to_existing(place: Place, partition: str, operations: Sequence[Any], purpose: str) -> None:
    left = list(operations)
    while left:
        try:
            await place.container.execute_item_batch(left, partition_key=partition, **place.metered(purpose))
        except CosmosBatchOperationError as error:
            if error.status_code != _NOT_FOUND:
                raise
            del left[error.error_index]
        else:
            return
