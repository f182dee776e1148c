"""Removing threads and users from a Cosmos container completely; what breaks off may begin again.

A thread is hidden first, then its runs go, which stops whoever writes to them; what is found after that is
all there is. The thread's own item goes last: until then `deleting` names it.
"""

from collections.abc import Sequence
from datetime import datetime

from frmk.errors import StoreError
from frmk.runs import cosmos_documents as docs
from frmk.runs import cosmos_work as work
from frmk.runs.cosmos_items import BatchConflictError, BatchDoubtError, Items
from frmk.runs.cosmos_payload import BATCH_OPERATIONS, Doc
from frmk.runs.cosmos_step import Steps

_TRIES = 8
_OF_THREAD = "SELECT c.id, c.run_id FROM c WHERE c.thread = @thread"
_RUNS_OF_THREAD = f"{_OF_THREAD} AND IS_DEFINED(c.run_id)"
_OF_USER = "SELECT c.id, c.thread_id, c.run_id FROM c WHERE c.pk = @partition"
_RUNS_OF_USER = f"{_OF_USER} AND IS_DEFINED(c.run_id)"
_SECRETS = "SELECT c.id, c.pk FROM c WHERE c.holder = @holder"


class Removal:
    """Remove what belongs to a thread or a user."""

    def __init__(self, items: Items, steps: Steps) -> None:
        self._items = items
        self._steps = steps

    async def thread(self, user: str, thread_id: str, now: datetime) -> list[str]:
        """Remove a thread's items; return the ids of its runs."""
        pk, thread = docs.partition_of(user), docs.key_of(thread_id)
        ids = [docs.HEAD, docs.thread_item(thread_id)]
        await self._steps.take(pk, ids[1:], lambda seen: work.hide(seen, thread_id, now))
        runs = await self._emptied(pk, _RUNS_OF_THREAD, thread=thread)
        await self._emptied(pk, _OF_THREAD, thread=thread)
        await self._steps.take(pk, ids, lambda seen: work.forget_thread(seen, thread_id))
        return [run["run_id"] for run in runs]

    async def user(self, user: str) -> tuple[list[str], list[str]]:
        """Remove a user's items and secrets; return the ids of threads and of runs."""
        pk = docs.partition_of(user)
        runs = await self._emptied(pk, _RUNS_OF_USER, partition=pk)
        others = await self._emptied(pk, _OF_USER, partition=pk)
        found = self._items.query(_SECRETS, holder=docs.user_key(user))
        for secret in [secret async for secret in found]:
            await self._remove(secret["pk"], [secret["id"]])
        threads = [item["thread_id"] for item in others if item["id"].startswith("thread.")]
        return threads, [run["run_id"] for run in runs]

    async def _emptied(self, pk: str, query: str, **parameters: str) -> list[Doc]:
        """Remove all that the query finds, until it finds nothing; return what it was."""
        gone: dict[str, Doc] = {}
        for _ in range(_TRIES):
            found = [item async for item in self._items.query(query, pk=pk, page=1_000, **parameters)]
            if not found:
                return list(gone.values())
            gone.update((item["id"], item) for item in found)
            ids = [item["id"] for item in found]
            for start in range(0, len(ids), BATCH_OPERATIONS):
                await self._remove(pk, ids[start : start + BATCH_OPERATIONS])
        raise StoreError(
            f"{len(gone)} items were removed, and still more come: somebody writes. Delete again.",
            store="cosmos",
        )

    async def _remove(self, pk: str, ids: Sequence[str]) -> None:
        """Remove items in one batch, or one by one where some are gone already."""
        try:
            await self._items.batch(pk, [("delete", (item_id,)) for item_id in ids])
        except BatchDoubtError:
            return  # the next round finds what is left
        except BatchConflictError:
            if len(ids) > 1:
                for item_id in ids:
                    await self._remove(pk, [item_id])
