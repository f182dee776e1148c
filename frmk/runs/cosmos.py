"""Runs kept in Azure Cosmos DB: replicas anywhere share them.

The clock: leases compare moments that replicas took from their own clocks, as in every store; Cosmos DB's
clock decides nothing but when items with a lifetime leave. An owner that is alive and reaches the store
always has about two thirds of its lease left (10 s of 15 s): clocks that differ by less never cost it a run,
and where they differ by more, ETags still let only one owner write.

Runs without an owner are found by a query over all partitions on `lease_until`, an index that only runs
under way are in: some 4 RU for each physical partition and look. Pointers in a partition of their own
would be one query in one partition, but no batch spans two partitions: each run would cost two more writes
(about 12 RU), each able to fail alone, all of them into one hot partition.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from frmk.checkpoint.cosmos.charges import OnCharge
from frmk.errors import LimitError, RunNotFoundError, StoreError, ThreadBusyError, ThreadNotFoundError
from frmk.events import Event
from frmk.runs import cosmos_documents as docs
from frmk.runs import cosmos_work as work
from frmk.runs.clock import utc_now
from frmk.runs.cosmos_charges import charge_to, charged
from frmk.runs.cosmos_container import check_container
from frmk.runs.cosmos_items import Items
from frmk.runs.cosmos_payload import Doc
from frmk.runs.cosmos_removal import Removal
from frmk.runs.cosmos_secrets import Secrets
from frmk.runs.cosmos_step import Steps
from frmk.runs.cosmos_watch import Watch
from frmk.runs.models import Lease, Run, Thread, ThreadSummary
from frmk.runs.states import is_over
from frmk.runs.store import Pace, Renewal, RunChange
from frmk.runs.waiters import Waiters

PACE = Pace(append_seconds=0.25, look_seconds=2.0)

_EVENTS = "SELECT * FROM c WHERE c.journal = @journal AND c.upto > @after ORDER BY c.upto"
_SAID = "SELECT * FROM c WHERE c.said = @said"
_THREADS = "SELECT * FROM c WHERE c.listed < @before ORDER BY c.listed DESC"
_EXPIRED = "SELECT c.user_id, c.run_id FROM c WHERE c.lease_until <= @now"
_DELETING = "SELECT c.user_id, c.thread_id FROM c WHERE c.deleting_since < @before"
_EVERYONES = "SELECT c.user_id, c.thread_id FROM c WHERE c.listed >= @after AND c.listed < @before"
_LAST = "~"
_RENEWED_AT_ONCE = 16


class CosmosRunStore:
    """Keep runs in one container, opened by any number of replicas.

    With `ttl_seconds` every item leaves so long after it was last written; without, items stay until deleted.
    `on_charge` is told what each request cost, with the operation as `runs.<method>`.
    """

    def __init__(
        self,
        container: ContainerProxy,
        *,
        ttl_seconds: int | None = None,
        pace: Pace = PACE,
        on_charge: OnCharge | None = None,
    ) -> None:
        self._container = container
        self._ttl_seconds = ttl_seconds
        self._pace = pace
        self._items = Items(container, on_charge)
        self._steps = Steps(self._items, ttl_seconds)
        self._removal = Removal(self._items, self._steps)
        self._secrets = Secrets(self._items)
        self._waiters = Waiters()
        self._watch = Watch(self._waiters, self._newest)
        self._opened = False

    @property
    def name(self) -> str:
        """Name the store as health checks and reports show it."""
        return "cosmos"

    @property
    def pace(self) -> Pace:
        """Say how often to append to one run, and how often to look for runs without an owner."""
        return self._pace

    async def open(self, properties: Mapping[str, Any] | None = None) -> None:
        """Raise StoreError unless the container is there and as expected; opening twice does nothing.

        With `properties`, as the caller has read them, no request is made.
        """
        if self._opened:
            return
        known = await self._properties() if properties is None else properties
        check_container(str(self._container.id), known)
        self._opened = True

    async def _properties(self) -> Mapping[str, Any]:
        try:
            with self._items.explained():
                return dict(await self._container.read())
        except CosmosResourceNotFoundError as error:
            raise StoreError(
                f"There is no container {self._container.id!r}: deploy it with the infrastructure program.",
                store="cosmos",
            ) from error

    async def close(self) -> None:
        """Send waiting readers away; the client is its opener's to close."""
        self._opened = False
        self._waiters.wake_all()
        await self._watch.close()

    @charged
    async def check(self) -> None:
        """Raise StoreError unless the container can be read and written."""
        await self._secrets.check()

    @charged
    async def create_run(self, run: Run, lease: Lease, *, title: str, busy_limit: int) -> None:
        """Add a run, its thread if that is new, and the user's message."""
        charge_to(run.user, run.thread_id)
        new = work.NewRun(run=run, lease=lease, title=title, busy_limit=busy_limit)
        pk, ids = docs.partition_of(run.user), [docs.HEAD, docs.thread_item(run.thread_id)]
        try:
            await self._steps.take(pk, ids, lambda seen: work.create_run(seen, new))
        except (ThreadBusyError, LimitError):
            if self._ttl_seconds is None or not await self._forget_expired(pk):
                raise
            await self._steps.take(pk, ids, lambda seen: work.create_run(seen, new))

    async def _forget_expired(self, pk: str) -> bool:
        """Take runs off the user's head that expired before they ended; say whether there were any."""
        head = await self._items.find(pk, docs.HEAD)
        active = head["active"].values() if head else ()
        gone = {
            run["run_id"]
            for run in active
            if await self._items.find(pk, docs.run_item(run["run_id"])) is None
        }
        if gone:
            await self._steps.take(pk, [docs.HEAD], lambda seen: work.forget_runs(seen, gone))
        return bool(gone)

    @charged
    async def run(self, user: str, run_id: str) -> Run:
        """Return the run, or raise RunNotFoundError."""
        item = await self._items.find(docs.partition_of(user), docs.run_item(run_id))
        if item is None:
            raise RunNotFoundError(run_id)
        return await self._run_of(item)

    async def _run_of(self, item: Doc) -> Run:
        if "text" in item:
            return docs.run_of(item, item["text"])
        request = await self._items.find(item["pk"], docs.request_item(item["run_id"]))
        if request is None:
            raise RunNotFoundError(item["run_id"])
        return docs.run_of(item, await self._items.text(request))

    @charged
    async def append(self, lease: Lease, after: int, events: Sequence[Event], change: RunChange) -> None:
        """Add events together with the change of their run."""
        pk, run = docs.partition_of(lease.user), docs.run_item(lease.run_id)
        thread_id = await self._thread_of(pk, lease)
        charge_to(lease.user, thread_id)
        ids = [run, docs.HEAD, docs.thread_item(thread_id)] if is_over(change.status) else [run]
        await self._steps.take(pk, ids, lambda seen: work.append(seen, lease, after, events, change))
        self._waiters.wake((lease.user, lease.run_id))

    async def _thread_of(self, pk: str, lease: Lease) -> str:
        item = await self._steps.known(pk, docs.run_item(lease.run_id))
        if item is None:
            raise RunNotFoundError(lease.run_id)
        return str(item["thread_id"])

    @charged
    async def read(self, user: str, run_id: str, after: int, limit: int = 500) -> list[Event]:
        """Return up to `limit` events numbered above `after`, in order."""
        found: list[Event] = []
        pk, journal = docs.partition_of(user), docs.key_of(run_id)
        query = self._items.query(_EVENTS, pk=pk, page=limit, journal=journal, after=after)
        async with aclosing(query) as items:
            async for item in items:
                events = docs.events_of(await self._items.text(item))
                found += [event for event in events if event.seq > after]
                if len(found) >= limit:
                    break
        return found[:limit]

    @charged
    async def changed(self, user: str, run_id: str, after: int, timeout: float) -> None:  # noqa: ASYNC109  # the protocol's word
        """Return once the run has an event above `after`, is over or gone, or `timeout` seconds passed."""
        key = (user, run_id)
        with self._waiters.joined(key) as news:
            run = await self._newest(*key)
            if run is None or "lease_until" not in run or run["last_seq"] > after or not self._opened:
                return
            self._watch.begin(key, run)
            await asyncio.wait((news,), timeout=timeout)

    async def _newest(self, user: str, run_id: str) -> Doc | None:
        return await self._steps.newest(docs.partition_of(user), docs.run_item(run_id))

    @charged
    async def request_cancel(self, user: str, run_id: str) -> Run:
        """Mark the run for its owner to cancel; raise RunOverError if it has ended."""
        pk, ids = docs.partition_of(user), [docs.run_item(run_id)]
        return await self._run_of(
            await self._steps.take(pk, ids, lambda seen: work.request_cancel(seen, run_id))
        )

    @charged
    async def acquire(
        self, user: str, run_id: str, owner: str, *, now: datetime, until: datetime
    ) -> Lease | None:
        """Take over a run whose lease has expired, with the next attempt; None if it is held or over."""
        wanted = Lease(user=user, run_id=run_id, owner=owner, attempt=0, until=until)
        pk, ids = docs.partition_of(user), [docs.run_item(run_id)]
        return await self._steps.take(pk, ids, lambda seen: work.acquire(seen, wanted, now))

    @charged
    async def renew(self, leases: Sequence[Lease], until: datetime) -> Renewal:
        """Prolong these leases of one replica as far as they are still its own and have aged."""
        limit = asyncio.Semaphore(_RENEWED_AT_ONCE)

        async def one(lease: Lease) -> Renewal:
            async with limit:
                return await self._renew(lease, until)

        told = await asyncio.gather(*(one(lease) for lease in leases), return_exceptions=True)
        for renewal in told:
            if isinstance(renewal, BaseException):
                raise renewal
        renewals = [renewal for renewal in told if isinstance(renewal, Renewal)]
        return Renewal(
            lost=frozenset().union(*(renewal.lost for renewal in renewals)),
            cancelled=frozenset().union(*(renewal.cancelled for renewal in renewals)),
        )

    async def _renew(self, lease: Lease, until: datetime) -> Renewal:
        one = frozenset({lease.run_id})
        run = await self._newest(lease.user, lease.run_id)
        held = run is not None and work.holds(run, lease)
        if held and run is not None and work.due(run, until):
            held = await self._prolong(lease, until)
        if run is None or not held:
            return Renewal(lost=one)
        return Renewal(cancelled=one if run["cancel_requested"] else frozenset())

    @charged
    async def release(self, lease: Lease) -> None:
        """Let go of a run at once, so that another replica may acquire it."""
        await self._prolong(lease, docs.moment(0))

    async def _prolong(self, lease: Lease, until: datetime) -> bool:
        pk, ids = docs.partition_of(lease.user), [docs.run_item(lease.run_id)]
        return await self._steps.take(pk, ids, lambda seen: work.prolong(seen, lease, until))

    @charged
    async def expired(self, now: datetime, limit: int = 20) -> list[tuple[str, str]]:
        """Return user and id of runs that are not over and have no owner."""
        found = await self._items.first(_EXPIRED, limit, now=docs.micros(now))
        return [(item["user_id"], item["run_id"]) for item in found]

    @charged
    async def threads(
        self, user: str, limit: int, before: tuple[datetime, str] | None
    ) -> list[ThreadSummary]:
        """Return threads by time of update and id, descending, below `before`."""
        below = docs.listed(*before) if before else _LAST
        found = await self._items.first(_THREADS, limit, pk=docs.partition_of(user), before=below)
        return [docs.summary_of(item) for item in found]

    @charged
    async def thread(self, user: str, thread_id: str) -> Thread:
        """Return the thread with its messages, or raise ThreadNotFoundError."""
        charge_to(user, thread_id)
        pk, own = docs.partition_of(user), docs.thread_item(thread_id)
        query = self._items.query(_SAID, pk=pk, said=docs.key_of(thread_id))
        found = {item["id"]: item async for item in query}
        thread = found.pop(own, None) or await self._items.read_latest(pk, own)
        if thread is None or "deleting_since" in thread:
            raise ThreadNotFoundError(thread_id)
        texts = await asyncio.gather(*(self._items.text(found[item_id]) for item_id in sorted(found)))
        held = docs.summary_of(thread)
        return Thread(
            thread_id=held.thread_id,
            user=held.user,
            created_at=held.created_at,
            updated_at=held.updated_at,
            title=held.title,
            messages=tuple(message for text in texts for message in docs.messages_of(text)),
        )

    @charged
    async def begin_delete(self, user: str, thread_id: str) -> list[str]:
        """Hide the thread, refuse new runs on it, and return the ids of its runs that are not over."""
        charge_to(user, thread_id)
        pk, ids, now = docs.partition_of(user), [docs.HEAD, docs.thread_item(thread_id)], utc_now()
        return await self._steps.take(pk, ids, lambda seen: work.begin_delete(seen, thread_id, now))

    @charged
    async def delete_thread(self, user: str, thread_id: str) -> None:
        """Remove the thread and every trace of it: runs, events and messages."""
        charge_to(user, thread_id)
        for run_id in await self._removal.thread(user, thread_id, utc_now()):
            self._waiters.wake((user, run_id))

    @charged
    async def deleting(self, before: datetime, limit: int = 20) -> list[tuple[str, str]]:
        """Return user and id of threads whose deletion began before that moment and is not done."""
        found = await self._items.first(_DELETING, limit, before=docs.micros(before))
        return [(item["user_id"], item["thread_id"]) for item in found]

    @charged
    async def threads_of_all(
        self, *, after: datetime | None = None, before: datetime
    ) -> list[tuple[str, str]]:
        """Return user and id of everyone's threads that were last updated between two moments."""
        bounds = {"after": docs.listed(after, "") if after else "", "before": docs.listed(before, "")}
        found = self._items.query(_EVERYONES, page=1_000, **bounds)
        return [(item["user_id"], item["thread_id"]) async for item in found]

    @charged
    async def delete_user(self, user: str) -> list[str]:
        """Remove every trace of a user: threads, runs, events, messages, tickets and sessions."""
        threads, runs = await self._removal.user(user)
        for run_id in runs:
            self._waiters.wake((user, run_id))
        return threads

    @charged
    async def put_secret(self, kind: str, digest: str, user: str, expires_at: datetime) -> None:
        """Keep the digest of a ticket or a session until it expires."""
        await self._secrets.put(kind, digest, user, expires_at)

    @charged
    async def take_secret(self, kind: str, digest: str, now: datetime) -> str | None:
        """Remove a secret and return its user; None if it is unknown, used or expired."""
        return await self._secrets.take(kind, digest, now)

    @charged
    async def peek_secret(self, kind: str, digest: str, now: datetime) -> str | None:
        """Return a secret's user and keep it; None if it is unknown or expired."""
        return await self._secrets.peek(kind, digest, now)
