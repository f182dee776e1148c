"""The only way anything runs."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from frmk.errors import (
    FieldError,
    LimitError,
    RunNotFoundError,
    RunOverError,
    ThreadNotFoundError,
)
from frmk.events import Event
from frmk.runs.clock import utc_now
from frmk.runs.executor import Executor
from frmk.runs.ids import is_id
from frmk.runs.models import Lease, Run, RunLimits, StartRun, Thread, ThreadPage
from frmk.runs.requests import cursor_of, new_run, read_cursor, title_of
from frmk.runs.store import RunStore
from frmk.runs.waiters import RunKey
from frmk.runs.worker import Stop, Worker

_log = logging.getLogger(__name__)
_LOOK_AGAIN_SECONDS = 5.0
_THREADS_AT_ONCE = 100
_DELETION_LEASES = 4


class RunEngine:
    """Start runs, carry them on after crashes, and let anyone who may follow them.

    Open it before use and close it afterwards: what runs then is handed over to another replica.
    """

    def __init__(self, store: RunStore, executor: Executor, *, owner: str, limits: RunLimits) -> None:
        self._store = store
        self._executor = executor
        self._owner = owner
        self._limits = limits
        self._workers: dict[RunKey, Worker] = {}
        self._tasks: dict[RunKey, asyncio.Task[None]] = {}
        self._beginning: set[asyncio.Task[Run]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._sweep: asyncio.Task[None] | None = None
        self._closing = False

    async def open(self) -> None:
        """Open the store, and begin to renew leases and to look for runs without an owner."""
        await self._store.open()
        self._closing = False
        self._watch = asyncio.create_task(self._keep_watch())
        self._sweep = asyncio.create_task(self._keep_sweeping())

    async def close(self) -> None:
        """Hand every run over to another replica; the store stays open."""
        self._closing = True
        for task in (self._watch, self._sweep):
            if task:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if self._beginning:
            await asyncio.wait(self._beginning)
        for worker in self._workers.values():
            worker.stop(Stop.HAND_OVER)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=2 * self._limits.stop_seconds)
            for task in late:
                task.cancel()

    async def start(self, request: StartRun) -> Run:
        """Store a new run and set it going.

        Raises FieldError for a value that cannot be, ThreadBusyError, and LimitError.
        """
        if self._closing:
            raise LimitError("This replica is shutting down: ask again.", retry_after=1.0)
        run = new_run(request, self._executor.goals(), self._limits)
        # A client that leaves between these two steps must not leave a run behind that nobody carries.
        beginning = asyncio.create_task(self._begin(run))
        self._beginning.add(beginning)
        beginning.add_done_callback(self._beginning.discard)
        return await asyncio.shield(beginning)

    async def _begin(self, run: Run) -> Run:
        lease = Lease(
            user=run.user, run_id=run.run_id, owner=self._owner, attempt=run.attempt, until=self._until()
        )
        title = title_of(run.message)
        await self._store.create_run(run, lease, title=title, busy_limit=self._limits.runs_per_user)
        self._launch(run, lease)
        return run

    async def run(self, user: str, run_id: str) -> Run:
        """Return the run as it stands, or raise RunNotFoundError."""
        if not is_id(run_id):
            raise RunNotFoundError(run_id)
        return await self._store.run(user, run_id)

    async def follow(self, user: str, run_id: str, after: int = 0) -> AsyncGenerator[Event]:
        """Yield the events numbered above `after`: stored ones, then live ones, until the final one.

        Raises RunNotFoundError, FieldError for a negative `after`, StoreError if the run cannot go on here.
        """
        if after < 0:
            raise FieldError("after", f"after is {after}; allowed are 0 and above.")
        if (user, run_id) not in self._workers:
            await self.run(user, run_id)
        while (events := await self._next(user, run_id, after)) is not None:
            for event in events:
                yield event
                after = event.seq
                if event.final:
                    return

    async def _next(self, user: str, run_id: str, after: int) -> Sequence[Event] | None:
        """Return events above `after`, maybe none yet; None when none will ever come."""
        worker = self._workers.get((user, run_id))
        if worker is not None:
            tail = worker.tail
            while (ready := tail.since(after)) is not None and not ready and not tail.ended:
                await tail.changed()
            if ready:
                return ready
            if ready is not None and tail.error:
                raise tail.error
        return await self._next_stored(user, run_id, after)

    async def _next_stored(self, user: str, run_id: str, after: int) -> Sequence[Event] | None:
        events = await self._store.read(user, run_id, after)
        if events:
            return events
        run = await self._store.run(user, run_id)
        if run.over and run.last_seq <= after:
            return None
        await self._store.changed(user, run_id, after, _LOOK_AGAIN_SECONDS)
        return events

    async def wait(self, user: str, run_id: str) -> Run:
        """Return the run once it is over."""
        run = await self.run(user, run_id)
        if not run.over:
            async for _ in self.follow(user, run_id, run.last_seq):
                pass
            run = await self._store.run(user, run_id)
        return run

    async def cancel(self, user: str, run_id: str) -> Run:
        """Cancel the run, wherever it runs; return it, most often cancelled by then.

        Raises RunNotFoundError, and RunOverError if it has ended.
        """
        await self.run(user, run_id)
        await self._store.request_cancel(user, run_id)
        worker = self._workers.get((user, run_id))
        if worker:
            worker.stop(Stop.CANCEL)
        else:
            await self._take_over(user, run_id)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.stop_seconds):
                await self.wait(user, run_id)
        return await self._store.run(user, run_id)

    async def threads(self, user: str, limit: int = 20, cursor: str | None = None) -> ThreadPage:
        """Return the user's threads, last updated first, from the cursor of an earlier page on."""
        if not 1 <= limit <= _THREADS_AT_ONCE:
            raise FieldError("limit", f"limit is {limit}; allowed are 1 to {_THREADS_AT_ONCE}.")
        before = read_cursor(cursor) if cursor is not None else None
        found = await self._store.threads(user, limit + 1, before)
        page, more = found[:limit], len(found) > limit
        following = cursor_of(page[-1].updated_at, page[-1].thread_id) if more else None
        return ThreadPage(threads=tuple(page), next_cursor=following)

    async def thread(self, user: str, thread_id: str) -> Thread:
        """Return the thread with its messages, or raise ThreadNotFoundError."""
        if not is_id(thread_id):
            raise ThreadNotFoundError(thread_id)
        return await self._store.thread(user, thread_id)

    async def delete_thread(self, user: str, thread_id: str) -> None:
        """Cancel the thread's runs and remove every trace of it; raise ThreadNotFoundError."""
        if not is_id(thread_id):
            raise ThreadNotFoundError(thread_id)
        for run_id in await self._store.begin_delete(user, thread_id):
            task = self._tasks.get((user, run_id))
            with suppress(RunOverError, RunNotFoundError):
                await self.cancel(user, run_id)
            if task:
                await asyncio.wait((task,), timeout=self._limits.stop_seconds)
        await self._executor.forget(user, thread_id)
        await self._store.delete_thread(user, thread_id)

    async def delete_user(self, user: str) -> None:
        """Cancel the user's runs and remove every trace of them; may be repeated after a crash."""
        while page := await self._store.threads(user, _THREADS_AT_ONCE, None):
            for thread in page:
                with suppress(ThreadNotFoundError):
                    await self.delete_thread(user, thread.thread_id)
        for owner, thread_id in await self._store.deleting(utc_now(), _THREADS_AT_ONCE):
            if owner == user:
                await self.delete_thread(user, thread_id)
        for thread_id in await self._store.delete_user(user):
            await self._executor.forget(user, thread_id)

    async def finish_deletions(self) -> list[str]:
        """Finish what an engine began to delete and did not live to end; return the threads' ids."""
        found = await self._store.deleting(utc_now() - self._deletion_seconds())
        return [thread_id for user, thread_id in found if await self._deleted(user, thread_id)]

    async def _deleted(self, user: str, thread_id: str) -> bool:
        try:
            await self.delete_thread(user, thread_id)
        except ThreadNotFoundError:
            return False
        except Exception:  # noqa: BLE001 - one bad thread must not keep the others
            _log.exception("thread cannot be deleted", extra={"thread_id": thread_id})
            return False
        _log.info("deletion finished", extra={"thread_id": thread_id})
        return True

    def _deletion_seconds(self) -> timedelta:
        """Return how long whoever began a deletion is left to it."""
        return timedelta(seconds=_DELETION_LEASES * self._limits.lease_seconds)

    async def _keep_sweeping(self) -> None:
        while True:
            try:
                await self.finish_deletions()
            except Exception:  # noqa: BLE001 - what is left is looked for again
                _log.exception("deletions cannot be looked for")
            await asyncio.sleep(self._deletion_seconds().total_seconds())

    async def recover(self) -> list[str]:
        """Take over the runs whose owner is gone, and return their ids."""
        found = await self._store.expired(utc_now())
        return [run_id for user, run_id in found if await self._recovered(user, run_id)]

    async def _recovered(self, user: str, run_id: str) -> bool:
        try:
            return await self._take_over(user, run_id)
        except Exception:  # noqa: BLE001 - one bad run must not keep the others from being carried on
            _log.exception("run cannot be taken over", extra={"run_id": run_id})
            return False

    async def _take_over(self, user: str, run_id: str) -> bool:
        """Carry on with a run, if nobody else does."""
        if self._closing or (user, run_id) in self._tasks:
            return False
        lease = await self._store.acquire(user, run_id, self._owner, now=utc_now(), until=self._until())
        if lease is None:
            return False
        run = await self._store.run(user, run_id)
        events = await self._all_events(run)
        self._launch(run, lease, events)
        _log.info("run taken over", extra={"run_id": run_id, "thread_id": run.thread_id})
        return True

    async def _all_events(self, run: Run) -> list[Event]:
        events: list[Event] = []
        while len(events) < run.last_seq:
            batch = await self._store.read(run.user, run.run_id, len(events))
            if not batch:
                _log.error("run lacks events it once had", extra={"run_id": run.run_id})
                break
            events += batch
        return events

    def _launch(self, run: Run, lease: Lease, events: Sequence[Event] = ()) -> None:
        worker = Worker(run, lease, store=self._store, executor=self._executor, limits=self._limits)
        key = (run.user, run.run_id)
        self._workers[key] = worker
        task = asyncio.create_task(self._carry(key, worker, events))
        task.add_done_callback(_report)
        self._tasks[key] = task

    async def _carry(self, key: RunKey, worker: Worker, events: Sequence[Event]) -> None:
        try:
            await worker.work(events)
            if worker.lost:
                await self._forget_if_deleted(worker.run)
        finally:
            del self._workers[key]
            del self._tasks[key]

    async def _forget_if_deleted(self, run: Run) -> None:
        """Remove what the executor wrote after another replica had deleted the thread."""
        try:
            await self._store.thread(run.user, run.thread_id)
        except ThreadNotFoundError:
            await self._executor.forget(run.user, run.thread_id)

    async def _keep_watch(self) -> None:
        """Renew leases and notice cancellations every second or sooner; look for orphans now and then."""
        pause = min(1.0, self._limits.lease_seconds / 3)
        between = min(self._store.pace.look_seconds, self._limits.lease_seconds / 3)
        look_at = 0.0
        while True:
            try:
                await self._renew()
                if (now := asyncio.get_running_loop().time()) >= look_at:
                    look_at = now + between
                    await self.recover()
            except Exception:  # noqa: BLE001 - without its watch a replica loses every run
                _log.exception("leases cannot be renewed")
            await asyncio.sleep(pause)

    async def _renew(self) -> None:
        leases = {worker.run.run_id: worker for worker in self._workers.values()}
        if not leases:
            return
        renewal = await self._store.renew([worker.lease for worker in leases.values()], self._until())
        for run_id in renewal.lost:
            leases[run_id].stop(Stop.LOST)
        for run_id in renewal.cancelled:
            leases[run_id].stop(Stop.CANCEL)

    def _until(self) -> datetime:
        return utc_now() + timedelta(seconds=self._limits.lease_seconds)


def _report(task: asyncio.Task[None]) -> None:
    """Log a defect of ours; the run's lease expires, and a replica takes it over."""
    if not task.cancelled() and (error := task.exception()):
        _log.error("run broke", exc_info=error)
