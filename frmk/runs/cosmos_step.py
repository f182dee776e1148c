"""Atomic steps in one partition: read what counts, decide, write it all in one batch unless it has changed.

What this process wrote last is remembered with its ETag, so the owner of a run appends without reading. A
decision on remembered items holds only if the batch, guarded by those ETags, is written; a refusal is
decided again on what the primary has. Every written item carries its step's token: after an answer that
never came, or a conflict with ourselves, the token says that the step was done.
"""

import asyncio
import random
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from frmk.errors import FrameworkError, StoreError
from frmk.runs.cosmos_items import UNCHANGED, BatchConflictError, BatchDoubtError, Items, Operation
from frmk.runs.cosmos_payload import BATCH_BYTES, LARGEST_BATCH_BYTES, Doc, size_of, split

T = TypeVar("T")
Seen = Mapping[str, Doc]

_REMEMBERED = 4_096
_TRIES = 12
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.5


@dataclass(frozen=True, kw_only=True)
class Step(Generic[T]):
    """Say what a step leads to: new versions of seen items, items that must be new, items of ours alone."""

    result: T
    write: Sequence[Doc] = ()
    make: Sequence[Doc] = ()
    add: Sequence[Doc] = ()
    remove: Collection[str] = field(default_factory=tuple)

    @property
    def empty(self) -> bool:
        """Say whether nothing is to be written."""
        return not (self.write or self.make or self.add or self.remove)


Work = Callable[[Seen], Step[T]]


class Steps:
    """Take atomic steps over items of one partition at a time."""

    def __init__(self, items: Items, ttl_seconds: int | None) -> None:
        self._items = items
        self._lifetime = {} if ttl_seconds is None else {"ttl": ttl_seconds}
        self._known: OrderedDict[tuple[str, str], Doc] = OrderedDict()
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def take(self, pk: str, ids: Sequence[str], work: Work[T]) -> T:
        """Return what `work` decides on those items of `ids` that exist, once it is written."""
        token = uuid.uuid4().hex
        step: Step[T] | None = None
        async with self._alone(pk, ids):
            seen = await self._remembered(pk, ids)
            for number in range(_TRIES):
                if step is not None and _bears(seen, token):
                    return step.result
                try:
                    step = work(seen)
                except FrameworkError:
                    if number:
                        raise
                else:
                    if (number or not step.empty) and await self._written(pk, seen, step, token):
                        return step.result
                    await asyncio.sleep(random.uniform(0, _pause(number)))  # noqa: S311  # spreads retries
                seen = await self._latest(pk, ids)
        raise StoreError(
            f"{', '.join(ids)} could not be written {_TRIES} times in a row: other writers change it, "
            "or the network loses answers. Ask again.",
            store="cosmos",
        )

    async def known(self, pk: str, item_id: str) -> Doc | None:
        """Return an item as it was last seen here: for what does not change in it."""
        return self._known.get((pk, item_id)) or await self.newest(pk, item_id)

    async def newest(self, pk: str, item_id: str) -> Doc | None:
        """Return an item as it is now, without its content where we know that."""
        async with self._alone(pk, [item_id]):
            known = self._known.get((pk, item_id))
            found = await self._items.read_newer(pk, item_id, known["_etag"] if known else None)
            if found is UNCHANGED:
                return known
            if found is None:
                found = await self._items.read_latest(pk, item_id)
            self._learn(pk, item_id, found)
            return found

    @asynccontextmanager
    async def _alone(self, pk: str, ids: Sequence[str]) -> AsyncIterator[None]:
        """Let the tasks of this process take turns, so that they do not get in each other's way."""
        async with AsyncExitStack() as stack:
            for item_id in sorted(ids):
                await stack.enter_async_context(self._locks.setdefault((pk, item_id), asyncio.Lock()))
            yield

    async def _remembered(self, pk: str, ids: Sequence[str]) -> dict[str, Doc]:
        unknown = [item_id for item_id in ids if (pk, item_id) not in self._known]
        found = await asyncio.gather(*(self._items.read(pk, item_id) for item_id in unknown))
        for item_id, item in zip(unknown, found, strict=True):
            self._learn(pk, item_id, item)
        return self._seen(pk, ids)

    async def _latest(self, pk: str, ids: Sequence[str]) -> dict[str, Doc]:
        found = await asyncio.gather(*(self._items.read_latest(pk, item_id) for item_id in ids))
        for item_id, item in zip(ids, found, strict=True):
            self._learn(pk, item_id, item)
        return self._seen(pk, ids)

    def _seen(self, pk: str, ids: Sequence[str]) -> dict[str, Doc]:
        return {item_id: self._known[pk, item_id] for item_id in ids if (pk, item_id) in self._known}

    def _learn(self, pk: str, item_id: str, item: Doc | None) -> None:
        self._known.pop((pk, item_id), None)
        if item is not None:
            self._known[pk, item_id] = item
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def _written(self, pk: str, seen: dict[str, Doc], step: Step[Any], token: str) -> bool:
        """Write the step; False if it must be decided again."""
        try:
            await self._write(pk, seen, step, token)
        except (BatchConflictError, BatchDoubtError):
            return False
        return True

    async def _write(self, pk: str, seen: dict[str, Doc], step: Step[Any], token: str) -> None:
        if step.empty:
            return
        adds, parts = _split(step.add, token)
        makes, more = _split(step.make, token)
        parts += more
        guard = next((seen[item["id"]] for item in step.write if item["id"] in seen), None)
        size = sum(map(size_of, [*step.write, *makes, *adds, *parts]))
        if guard is not None and size > BATCH_BYTES:
            await self._write_ahead(pk, seen, guard, parts)
            parts = []
        elif size > LARGEST_BATCH_BYTES:
            raise _too_large(size)
        operations: list[Operation] = [self._version(seen, item, token) for item in step.write]
        operations += [("create", (self._body(item, token),)) for item in makes]
        operations += [("upsert", (self._body(item),)) for item in (*adds, *parts)]
        operations += [
            ("delete", (item_id,), {"if_match_etag": seen[item_id]["_etag"]}) for item_id in step.remove
        ]
        answers = await self._items.batch(pk, operations)
        for item, answer in zip((*step.write, *makes), answers, strict=False):
            self._learn(pk, item["id"], {**item, "step": token, "_etag": answer["eTag"]})
        for item_id in step.remove:
            self._learn(pk, item_id, None)

    async def _write_ahead(self, pk: str, seen: dict[str, Doc], guard: Doc, parts: Sequence[Doc]) -> None:
        """Write large parts before the step that makes them count, each under the guard of an item it writes.

        Where that item is gone or changed nothing is added: a deleted thread gets no part afterwards.
        """
        for part in parts:
            same = self._version(seen, guard, guard.get("step", ""))
            answers = await self._items.batch(pk, [same, ("upsert", (self._body(part),))])
            guard = {**guard, "_etag": answers[0]["eTag"]}
            seen[guard["id"]] = guard

    def _version(self, seen: Seen, item: Doc, token: str) -> Operation:
        body = self._body(item, token)
        if item["id"] not in seen:
            return ("create", (body,))
        return ("replace", (item["id"], body), {"if_match_etag": seen[item["id"]]["_etag"]})

    def _body(self, item: Doc, token: str | None = None) -> Doc:
        body = {key: value for key, value in item.items() if not key.startswith("_")}
        return {**body, **self._lifetime, **({} if token is None else {"step": token})}


def _split(items: Sequence[Doc], token: str) -> tuple[list[Doc], list[Doc]]:
    whole, parts = [], []
    for item in items:
        head, pieces = split(item, f"{token}.{item['type']}")
        whole.append(head)
        parts += pieces
    return whole, parts


def _too_large(size: int) -> StoreError:
    return StoreError(
        f"A new run's request takes {size} bytes compressed, one step of Cosmos DB at most "
        f"{LARGEST_BATCH_BYTES}: send less context.",
        store="cosmos",
    )


def _bears(seen: Seen, token: str) -> bool:
    return any(item.get("step") == token for item in seen.values())


def _pause(number: int) -> float:
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**number)
