"""Runs kept in this process: for tests, and for one replica that may forget."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from frmk.errors import (
    LeaseLostError,
    LimitError,
    RunNotFoundError,
    RunOverError,
    SequenceConflictError,
    ThreadBusyError,
    ThreadNotFoundError,
)
from frmk.events import Event
from frmk.runs.clock import utc_now
from frmk.runs.models import Lease, Message, Run, Thread, ThreadSummary
from frmk.runs.states import restart
from frmk.runs.store import Pace, Renewal, RunChange
from frmk.runs.waiters import RunKey, Waiters

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class _RunEntry:
    run: Run
    lease: Lease | None
    events: list[Event] = field(default_factory=list)


@dataclass
class _ThreadEntry:
    summary: ThreadSummary
    messages: list[Message] = field(default_factory=list)
    deleting_since: datetime | None = None


class MemoryStore:
    """Keep runs in dictionaries; what is kept ends with the process."""

    def __init__(self) -> None:
        self._runs: dict[RunKey, _RunEntry] = {}
        self._active: dict[str, dict[str, _RunEntry]] = {}
        self._threads: dict[str, dict[str, _ThreadEntry]] = {}
        self._secrets: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._waiters = Waiters()

    @property
    def name(self) -> str:
        """Name the store as health checks and reports show it."""
        return "memory"

    @property
    def pace(self) -> Pace:
        """Say how often to append to one run, and how often to look for runs without an owner."""
        return Pace()

    async def open(self) -> None:
        """Do nothing: memory is there."""

    async def close(self) -> None:
        """Send waiting readers away."""
        self._waiters.wake_all()

    async def check(self) -> None:
        """Do nothing: memory cannot be out of reach."""

    async def create_run(self, run: Run, lease: Lease, *, title: str, busy_limit: int) -> None:
        """Add a run, its thread if that is new, and the user's message."""
        active = self._active.setdefault(run.user, {})
        thread = self._threads.setdefault(run.user, {}).get(run.thread_id)
        self._refuse_busy(run, thread, busy_limit)
        if thread is None:
            thread = _ThreadEntry(_summary(run, title))
            self._threads[run.user][run.thread_id] = thread
        thread.summary = replace(thread.summary, updated_at=run.created_at)
        thread.messages.append(
            Message(role="user", content=run.message, time=run.created_at, run_id=run.run_id)
        )
        entry = _RunEntry(run, lease)
        self._runs[run.user, run.run_id] = entry
        active[run.run_id] = entry

    def _refuse_busy(self, run: Run, thread: _ThreadEntry | None, busy_limit: int) -> None:
        if thread and thread.deleting_since:
            raise ThreadBusyError(run.thread_id, None)
        active = self._active[run.user]
        for run_id, entry in active.items():
            if entry.run.thread_id == run.thread_id:
                raise ThreadBusyError(run.thread_id, run_id)
        if len(active) >= busy_limit:
            raise LimitError.for_runs(len(active), busy_limit)

    async def run(self, user: str, run_id: str) -> Run:
        """Return the run, or raise RunNotFoundError."""
        return self._entry(user, run_id).run

    def _entry(self, user: str, run_id: str) -> _RunEntry:
        try:
            return self._runs[user, run_id]
        except KeyError:
            raise RunNotFoundError(run_id) from None

    async def append(self, lease: Lease, after: int, events: Sequence[Event], change: RunChange) -> None:
        """Add events together with the change of their run."""
        entry = self._entry(lease.user, lease.run_id)
        if not _holds(entry, lease):
            raise LeaseLostError(lease.run_id, lease.owner)
        if entry.run.last_seq != after:
            raise SequenceConflictError(lease.run_id, expected=after, actual=entry.run.last_seq)
        entry.events.extend(events)
        entry.run = replace(
            entry.run,
            status=change.status,
            updated_at=change.updated_at,
            usage=change.usage or entry.run.usage,
            error=change.error,
            last_seq=after + len(events),
        )
        if entry.run.over:
            self._finish(entry, change)
        self._waiters.wake((lease.user, lease.run_id))

    def _finish(self, entry: _RunEntry, change: RunChange) -> None:
        run = entry.run
        entry.lease = None
        self._active[run.user].pop(run.run_id, None)
        thread = self._threads[run.user][run.thread_id]
        thread.messages.extend(change.messages)
        thread.summary = replace(thread.summary, updated_at=change.updated_at)

    async def read(self, user: str, run_id: str, after: int, limit: int = 500) -> list[Event]:
        """Return up to `limit` events numbered above `after`, in order."""
        entry = self._runs.get((user, run_id))
        return entry.events[after : after + limit] if entry else []

    async def changed(self, user: str, run_id: str, after: int, timeout: float) -> None:  # noqa: ASYNC109  # the protocol's word
        """Return once the run has an event above `after`, is over or gone, or `timeout` seconds passed."""
        entry = self._runs.get((user, run_id))
        if entry is None or entry.run.over or entry.run.last_seq > after:
            return
        with self._waiters.joined((user, run_id)) as news:
            await asyncio.wait((news,), timeout=timeout)

    async def request_cancel(self, user: str, run_id: str) -> Run:
        """Mark the run for its owner to cancel; raise RunOverError if it has ended."""
        entry = self._entry(user, run_id)
        if entry.run.over:
            raise RunOverError(run_id, entry.run.status)
        entry.run = replace(entry.run, cancel_requested=True)
        return entry.run

    async def acquire(
        self, user: str, run_id: str, owner: str, *, now: datetime, until: datetime
    ) -> Lease | None:
        """Take over a run whose lease has expired, with the next attempt; None if it is held or over."""
        entry = self._runs.get((user, run_id))
        if entry is None or entry.run.over or (entry.lease and entry.lease.until > now):
            return None
        attempt = entry.run.attempt + 1
        entry.run = replace(entry.run, attempt=attempt, status=restart(entry.run.status), updated_at=now)
        entry.lease = Lease(user=user, run_id=run_id, owner=owner, attempt=attempt, until=until)
        return entry.lease

    async def renew(self, leases: Sequence[Lease], until: datetime) -> Renewal:
        """Prolong these leases of one replica as far as they are still its own."""
        lost, cancelled = set(), set()
        for lease in leases:
            entry = self._runs.get((lease.user, lease.run_id))
            if entry is None or not _holds(entry, lease):
                lost.add(lease.run_id)
                continue
            entry.lease = replace(lease, until=until)
            if entry.run.cancel_requested:
                cancelled.add(lease.run_id)
        return Renewal(lost=frozenset(lost), cancelled=frozenset(cancelled))

    async def release(self, lease: Lease) -> None:
        """Let go of a run at once, so that another replica may acquire it."""
        entry = self._runs.get((lease.user, lease.run_id))
        if entry and entry.lease and _holds(entry, lease):
            entry.lease = replace(entry.lease, until=_LONG_AGO)

    async def expired(self, now: datetime, limit: int = 20) -> list[tuple[str, str]]:
        """Return user and id of runs that are not over and have no owner."""
        found: list[RunKey] = []
        for user, active in self._active.items():
            found += [
                (user, run_id) for run_id, e in active.items() if e.lease is None or e.lease.until <= now
            ]
        return found[:limit]

    async def threads(
        self, user: str, limit: int, before: tuple[datetime, str] | None
    ) -> list[ThreadSummary]:
        """Return threads by time of update and id, descending, below `before`."""
        mine = [t.summary for t in self._threads.get(user, {}).values() if not t.deleting_since]
        mine.sort(key=_by_update, reverse=True)
        if before:
            mine = [thread for thread in mine if _by_update(thread) < before]
        return mine[:limit]

    async def thread(self, user: str, thread_id: str) -> Thread:
        """Return the thread with its messages, or raise ThreadNotFoundError."""
        entry = self._threads.get(user, {}).get(thread_id)
        if entry is None or entry.deleting_since:
            raise ThreadNotFoundError(thread_id)
        held = entry.summary
        return Thread(
            thread_id=thread_id,
            user=user,
            created_at=held.created_at,
            updated_at=held.updated_at,
            title=held.title,
            messages=tuple(entry.messages),
        )

    async def begin_delete(self, user: str, thread_id: str) -> list[str]:
        """Hide the thread, refuse new runs on it, and return the ids of its runs that are not over."""
        entry = self._threads.get(user, {}).get(thread_id)
        if entry is None:
            raise ThreadNotFoundError(thread_id)
        entry.deleting_since = utc_now()
        return [i for i, e in self._active.get(user, {}).items() if e.run.thread_id == thread_id]

    async def delete_thread(self, user: str, thread_id: str) -> None:
        """Remove the thread and every trace of it: runs, events and messages."""
        gone = [k for k, e in self._runs.items() if k[0] == user and e.run.thread_id == thread_id]
        for key in gone:
            del self._runs[key]
            self._active[user].pop(key[1], None)
            self._waiters.wake(key)
        self._threads.get(user, {}).pop(thread_id, None)

    async def deleting(self, before: datetime, limit: int = 20) -> list[tuple[str, str]]:
        """Return user and id of threads whose deletion began before that moment and is not done."""
        return [
            (user, thread_id)
            for user, threads in self._threads.items()
            for thread_id, entry in threads.items()
            if entry.deleting_since and entry.deleting_since < before
        ][:limit]

    async def delete_user(self, user: str) -> list[str]:
        """Remove every trace of a user: threads, runs, events, messages, tickets and sessions."""
        threads = list(self._threads.get(user, {}))
        for thread_id in threads:
            await self.delete_thread(user, thread_id)
        self._threads.pop(user, None)
        self._active.pop(user, None)
        self._secrets = {key: held for key, held in self._secrets.items() if held[0] != user}
        return threads

    async def put_secret(self, kind: str, digest: str, user: str, expires_at: datetime) -> None:
        """Keep the digest of a ticket or a session until it expires."""
        now = utc_now()
        self._secrets = {key: held for key, held in self._secrets.items() if held[1] > now}
        self._secrets[kind, digest] = (user, expires_at)

    async def take_secret(self, kind: str, digest: str, now: datetime) -> str | None:
        """Remove a secret and return its user; None if it is unknown, used or expired."""
        user = await self.peek_secret(kind, digest, now)
        self._secrets.pop((kind, digest), None)
        return user

    async def peek_secret(self, kind: str, digest: str, now: datetime) -> str | None:
        """Return a secret's user and keep it; None if it is unknown or expired."""
        user, expires_at = self._secrets.get((kind, digest), (None, now))
        return user if expires_at > now else None


def _summary(run: Run, title: str) -> ThreadSummary:
    return ThreadSummary(
        thread_id=run.thread_id,
        user=run.user,
        created_at=run.created_at,
        updated_at=run.created_at,
        title=title,
    )


def _holds(entry: _RunEntry, lease: Lease) -> bool:
    held = entry.lease
    return held is not None and (held.owner, held.attempt) == (lease.owner, lease.attempt)


def _by_update(thread: ThreadSummary) -> tuple[datetime, str]:
    return thread.updated_at, thread.thread_id
