"""Runs kept in an SQLite file: they outlive the process, and replicas on one machine share them."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from frmk.errors import RunOverError, StoreError
from frmk.events import Event
from frmk.runs import sqlite_rows as rows
from frmk.runs import sqlite_work as sql
from frmk.runs.clock import utc_now
from frmk.runs.models import Lease, Run, Thread, ThreadSummary
from frmk.runs.sqlite_file import SqliteFile
from frmk.runs.states import is_over
from frmk.runs.store import Pace, Renewal, RunChange
from frmk.runs.waiters import Waiters

_POLL_SECONDS = 0.075


class SqliteStore:
    """Keep runs in one file, opened by any number of processes on one machine."""

    def __init__(self, path: Path, *, wait_seconds: float = 5.0) -> None:
        self._file = SqliteFile(path, wait_seconds=wait_seconds)
        self._waiters = Waiters()
        self._watch: asyncio.Task[None] | None = None
        self._opened = False

    @property
    def name(self) -> str:
        """Name the store as health checks and reports show it."""
        return "sqlite"

    @property
    def pace(self) -> Pace:
        """Say how often to append to one run, and how often to look for runs without an owner."""
        return Pace()

    async def open(self) -> None:
        """Open or make the file; opening twice does nothing."""
        if not self._opened:
            await self._file.open(rows.make_tables)
            self._opened = True

    async def close(self) -> None:
        """Send waiting readers away and close the file."""
        self._opened = False
        self._waiters.wake_all()
        if self._watch:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        await self._file.close()

    async def check(self) -> None:
        """Raise StoreError unless the file can be read and written."""
        await self._file.write(lambda c: c.execute("PRAGMA user_version").fetchone())

    async def create_run(self, run: Run, lease: Lease, *, title: str, busy_limit: int) -> None:
        """Add a run, its thread if that is new, and the user's message."""

        def work(c: sqlite3.Connection) -> None:
            sql.refuse_busy(c, run, busy_limit)
            sql.insert_run(c, run, lease, title)

        await self._file.write(work)

    async def run(self, user: str, run_id: str) -> Run:
        """Return the run, or raise RunNotFoundError."""
        return await self._file.read(lambda c: sql.find_run(c, user, run_id))

    async def append(self, lease: Lease, after: int, events: Sequence[Event], change: RunChange) -> None:
        """Add events together with the change of their run."""
        lines = [(event.seq, event.line) for event in events]

        def work(c: sqlite3.Connection) -> None:
            thread_id = sql.check_writer(c, lease, after)
            sql.insert_events(c, lease, lines)
            sql.change_run(c, lease, after + len(lines), change)
            if is_over(change.status):
                sql.add_messages(c, lease.user, thread_id, change.messages)
                sql.touch_thread(c, lease.user, thread_id, change.updated_at)

        await self._file.write(work)
        self._waiters.wake((lease.user, lease.run_id))

    async def read(self, user: str, run_id: str, after: int, limit: int = 500) -> list[Event]:
        """Return up to `limit` events numbered above `after`, in order."""
        found = await self._file.read(
            lambda c: c.execute(
                "SELECT line FROM events WHERE user = ? AND run_id = ? AND seq > ? ORDER BY seq LIMIT ?",
                (user, run_id, after, limit),
            ).fetchall()
        )
        return [Event.from_line(line) for (line,) in found]

    async def changed(self, user: str, run_id: str, after: int, timeout: float) -> None:  # noqa: ASYNC109  # the protocol's word
        """Return once the run has an event above `after`, is over or gone, or `timeout` seconds passed."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while self._opened and (left := until - loop.time()) > 0:
            with self._waiters.joined((user, run_id)) as news:
                if await self._file.read(lambda c: sql.is_news(c, user, run_id, after)):
                    return
                if self._watch is None or self._watch.done():
                    self._watch = asyncio.create_task(self._watch_file())
                await asyncio.wait((news,), timeout=left)

    async def _watch_file(self) -> None:
        """Wake readers when another process has committed; at once too, for what came before this began."""
        seen = None
        with suppress(StoreError):
            while self._waiters:
                version = await self._file.version()
                if version != seen:
                    seen = version
                    self._waiters.wake_all()
                await asyncio.sleep(_POLL_SECONDS)
        self._waiters.wake_all()

    async def request_cancel(self, user: str, run_id: str) -> Run:
        """Mark the run for its owner to cancel; raise RunOverError if it has ended."""

        def work(c: sqlite3.Connection) -> Run:
            run = sql.find_run(c, user, run_id)
            if run.over:
                raise RunOverError(run_id, run.status)
            c.execute(
                "UPDATE runs SET cancel_requested = 1 WHERE user = ? AND run_id = ?",
                (user, run_id),
            )
            return sql.find_run(c, user, run_id)

        return await self._file.write(work)

    async def acquire(
        self, user: str, run_id: str, owner: str, *, now: datetime, until: datetime
    ) -> Lease | None:
        """Take over a run whose lease has expired, with the next attempt; None if it is held or over."""
        wanted = Lease(user=user, run_id=run_id, owner=owner, attempt=0, until=until)
        return await self._file.write(lambda c: sql.acquire(c, wanted, now))

    async def renew(self, leases: Sequence[Lease], until: datetime) -> Renewal:
        """Prolong these leases of one replica as far as they are still its own."""
        if not leases:
            return Renewal()
        return await self._file.write(lambda c: sql.renew(c, leases, until))

    async def release(self, lease: Lease) -> None:
        """Let go of a run at once, so that another replica may acquire it."""
        await self._file.write(lambda c: sql.set_until(c, lease, rows.moment(0)))

    async def expired(self, now: datetime, limit: int = 20) -> list[tuple[str, str]]:
        """Return user and id of runs that are not over and have no owner."""
        return await self._file.read(
            lambda c: c.execute(
                "SELECT user, run_id FROM runs WHERE active = 1 AND lease_until <= ? "
                "ORDER BY lease_until LIMIT ?",
                (rows.micros(now), limit),
            ).fetchall()
        )

    async def threads(
        self, user: str, limit: int, before: tuple[datetime, str] | None
    ) -> list[ThreadSummary]:
        """Return threads by time of update and id, descending, below `before`."""
        below = (rows.micros(before[0]), before[1]) if before else (2**62, "")
        found = await self._file.read(
            lambda c: c.execute(
                f"SELECT {rows.THREAD_COLUMNS} FROM threads "  # noqa: S608  # columns of our own
                "WHERE user = ? AND deleting = 0 AND (updated_at, thread_id) < (?, ?) "
                "ORDER BY updated_at DESC, thread_id DESC LIMIT ?",
                (user, *below, limit),
            ).fetchall()
        )
        return [rows.summary_of(row) for row in found]

    async def thread(self, user: str, thread_id: str) -> Thread:
        """Return the thread with its messages, or raise ThreadNotFoundError."""
        return await self._file.read(lambda c: sql.find_thread(c, user, thread_id))

    async def begin_delete(self, user: str, thread_id: str) -> list[str]:
        """Hide the thread, refuse new runs on it, and return the ids of its runs that are not over."""
        now = utc_now()
        return await self._file.write(lambda c: sql.begin_delete(c, user, thread_id, now))

    async def delete_thread(self, user: str, thread_id: str) -> None:
        """Remove the thread and every trace of it, from the file and from its log."""
        await self._file.write(lambda c: sql.delete_thread(c, user, thread_id))
        await self._file.fold()
        self._waiters.wake_all()

    async def deleting(self, before: datetime, limit: int = 20) -> list[tuple[str, str]]:
        """Return user and id of threads whose deletion began before that moment and is not done."""
        return await self._file.read(
            lambda c: c.execute(
                "SELECT user, thread_id FROM threads WHERE deleting > 0 AND deleting < ? LIMIT ?",
                (rows.micros(before), limit),
            ).fetchall()
        )

    async def delete_user(self, user: str) -> list[str]:
        """Remove every trace of a user, from the file and from its log."""
        threads = await self._file.write(lambda c: sql.delete_user(c, user))
        await self._file.fold()
        self._waiters.wake_all()
        return threads

    async def put_secret(self, kind: str, digest: str, user: str, expires_at: datetime) -> None:
        """Keep the digest of a ticket or a session until it expires."""

        def work(c: sqlite3.Connection) -> None:
            c.execute("DELETE FROM secrets WHERE expires_at <= ?", (rows.micros(utc_now()),))
            c.execute(
                "INSERT OR REPLACE INTO secrets (kind, digest, user, expires_at) VALUES (?, ?, ?, ?)",
                (kind, digest, user, rows.micros(expires_at)),
            )

        await self._file.write(work)

    async def take_secret(self, kind: str, digest: str, now: datetime) -> str | None:
        """Remove a secret and return its user; None if it is unknown, used or expired."""

        def work(c: sqlite3.Connection) -> str | None:
            user = sql.find_secret(c, kind, digest, now)
            c.execute("DELETE FROM secrets WHERE kind = ? AND digest = ?", (kind, digest))
            return user

        return await self._file.write(work)

    async def peek_secret(self, kind: str, digest: str, now: datetime) -> str | None:
        """Return a secret's user and keep it; None if it is unknown or expired."""
        return await self._file.read(lambda c: sql.find_secret(c, kind, digest, now))
