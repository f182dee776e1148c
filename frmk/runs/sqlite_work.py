"""The SQL of the SQLite store: pieces of work inside one transaction."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from frmk.errors import (
    LeaseLostError,
    LimitError,
    RunNotFoundError,
    SequenceConflictError,
    ThreadBusyError,
    ThreadNotFoundError,
)
from frmk.runs import sqlite_rows as rows
from frmk.runs.models import Lease, Message, Run, Thread
from frmk.runs.states import is_over, restart
from frmk.runs.store import Renewal, RunChange

_INSERT_RUN = (
    f"INSERT INTO runs ({rows.RUN_COLUMNS}, active, owner, lease_until) "  # noqa: S608  # columns of our own
    f"VALUES ({', '.join('?' * 17)})"
)
_HELD = "user = ? AND run_id = ? AND owner = ? AND attempt = ? AND active = 1"


def _held_by(lease: Lease) -> tuple[Any, ...]:
    return (lease.user, lease.run_id, lease.owner, lease.attempt)


def set_until(c: sqlite3.Connection, lease: Lease, until: datetime) -> None:
    """Set when a lease ends, if it is still the present one."""
    c.execute(
        f"UPDATE runs SET lease_until = ? WHERE {_HELD}",  # noqa: S608  # a clause of our own
        (rows.micros(until), *_held_by(lease)),
    )


def insert_run(c: sqlite3.Connection, run: Run, lease: Lease, title: str) -> None:
    """Add the run, its thread if that is new, and the user's message."""
    now = rows.micros(run.created_at)
    c.execute(
        "INSERT INTO threads (user, thread_id, created_at, updated_at, title) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (user, thread_id) DO UPDATE SET updated_at = excluded.updated_at",
        (run.user, run.thread_id, now, now, title),
    )
    c.execute(_INSERT_RUN, rows.row_of(run, lease))
    add_messages(c, run.user, run.thread_id, (_first_message(run),))


def insert_events(c: sqlite3.Connection, lease: Lease, lines: Sequence[tuple[int, str]]) -> None:
    """Add events by their numbers."""
    c.executemany(
        "INSERT INTO events (user, run_id, seq, line) VALUES (?, ?, ?, ?)",
        [(lease.user, lease.run_id, seq, line) for seq, line in lines],
    )


def acquire(c: sqlite3.Connection, lease: Lease, now: datetime) -> Lease | None:
    """Give the run to this owner with the next attempt, if nobody holds it."""
    free = c.execute(
        f"SELECT {rows.RUN_COLUMNS} FROM runs "  # noqa: S608  # columns of our own
        "WHERE user = ? AND run_id = ? AND active = 1 AND lease_until <= ?",
        (lease.user, lease.run_id, rows.micros(now)),
    ).fetchone()
    if free is None:
        return None
    run = rows.run_of(free)
    taken = replace(lease, attempt=run.attempt + 1)
    c.execute(
        "UPDATE runs SET attempt = ?, status = ?, updated_at = ?, owner = ?, lease_until = ? "
        "WHERE user = ? AND run_id = ?",
        (
            taken.attempt,
            restart(run.status),
            rows.micros(now),
            taken.owner,
            rows.micros(taken.until),
            taken.user,
            taken.run_id,
        ),
    )
    return taken


def renew(c: sqlite3.Connection, leases: Sequence[Lease], until: datetime) -> Renewal:
    """Prolong the leases that are still held."""
    lost, cancelled = set(), set()
    for lease in leases:
        row = c.execute(
            f"SELECT cancel_requested FROM runs WHERE {_HELD}",  # noqa: S608  # a clause of our own
            _held_by(lease),
        ).fetchone()
        if row is None:
            lost.add(lease.run_id)
        elif row[0]:
            cancelled.add(lease.run_id)
        set_until(c, lease, until)
    return Renewal(lost=frozenset(lost), cancelled=frozenset(cancelled))


def touch_thread(c: sqlite3.Connection, user: str, thread_id: str, now: datetime) -> None:
    """Set when the thread was last updated."""
    c.execute(
        "UPDATE threads SET updated_at = ? WHERE user = ? AND thread_id = ?",
        (rows.micros(now), user, thread_id),
    )


def find_run(c: sqlite3.Connection, user: str, run_id: str) -> Run:
    """Return the run, or raise RunNotFoundError."""
    row = c.execute(
        f"SELECT {rows.RUN_COLUMNS} FROM runs WHERE user = ? AND run_id = ?",  # noqa: S608  # columns of our own
        (user, run_id),
    ).fetchone()
    if row is None:
        raise RunNotFoundError(run_id)
    return rows.run_of(row)


def refuse_busy(c: sqlite3.Connection, run: Run, busy_limit: int) -> None:
    """Raise ThreadBusyError or LimitError if the run may not start now."""
    deleting = c.execute(
        "SELECT 1 FROM threads WHERE user = ? AND thread_id = ? AND deleting != 0", (run.user, run.thread_id)
    ).fetchone()
    if deleting:
        raise ThreadBusyError(run.thread_id, None)
    active = c.execute(
        "SELECT run_id, thread_id FROM runs WHERE user = ? AND active = 1", (run.user,)
    ).fetchall()
    for run_id, thread_id in active:
        if thread_id == run.thread_id:
            raise ThreadBusyError(run.thread_id, run_id)
    if len(active) >= busy_limit:
        raise LimitError.for_runs(len(active), busy_limit)


def check_writer(c: sqlite3.Connection, lease: Lease, after: int) -> str:
    """Return the thread of the run; raise unless this lease may write after that number."""
    row = c.execute(
        "SELECT thread_id, owner, attempt, active, last_seq FROM runs WHERE user = ? AND run_id = ?",
        (lease.user, lease.run_id),
    ).fetchone()
    if row is None:
        raise RunNotFoundError(lease.run_id)
    thread_id, owner, attempt, active, last_seq = row
    if not active or (owner, attempt) != (lease.owner, lease.attempt):
        raise LeaseLostError(lease.run_id, lease.owner)
    if last_seq != after:
        raise SequenceConflictError(lease.run_id, expected=after, actual=last_seq)
    return str(thread_id)


def change_run(c: sqlite3.Connection, lease: Lease, last_seq: int, change: RunChange) -> None:
    """Set how the run stands."""
    c.execute(
        "UPDATE runs SET status = ?, active = ?, updated_at = ?, error = ?, last_seq = ?, "
        "usage = coalesce(?, usage) WHERE user = ? AND run_id = ?",
        (
            change.status,
            int(not is_over(change.status)),
            rows.micros(change.updated_at),
            change.error,
            last_seq,
            rows.usage_text(change.usage) if change.usage else None,
            lease.user,
            lease.run_id,
        ),
    )


def _first_message(run: Run) -> Message:
    return Message(role="user", content=run.message, time=run.created_at, run_id=run.run_id)


def add_messages(c: sqlite3.Connection, user: str, thread_id: str, messages: Sequence[Message]) -> None:
    """Add to what a thread remembers."""
    c.executemany(
        "INSERT INTO messages (user, thread_id, body) VALUES (?, ?, ?)",
        [(user, thread_id, rows.message_text(message)) for message in messages],
    )


def is_news(c: sqlite3.Connection, user: str, run_id: str, after: int) -> bool:
    """Say whether the run has gone on, has ended or is gone."""
    row = c.execute(
        "SELECT active, last_seq FROM runs WHERE user = ? AND run_id = ?", (user, run_id)
    ).fetchone()
    return row is None or not row[0] or row[1] > after


def find_thread(c: sqlite3.Connection, user: str, thread_id: str) -> Thread:
    """Return the thread with its messages, or raise ThreadNotFoundError."""
    row = c.execute(
        f"SELECT {rows.THREAD_COLUMNS} FROM threads "  # noqa: S608  # columns of our own
        "WHERE user = ? AND thread_id = ? AND deleting = 0",
        (user, thread_id),
    ).fetchone()
    if row is None:
        raise ThreadNotFoundError(thread_id)
    found = c.execute(
        "SELECT body FROM messages WHERE user = ? AND thread_id = ? ORDER BY position", (user, thread_id)
    )
    held = rows.summary_of(row)
    return Thread(
        thread_id=held.thread_id,
        user=held.user,
        created_at=held.created_at,
        updated_at=held.updated_at,
        title=held.title,
        messages=tuple(rows.message_of(text) for (text,) in found),
    )


def begin_delete(c: sqlite3.Connection, user: str, thread_id: str, now: datetime) -> list[str]:
    """Hide the thread; return the ids of its runs that are not over."""
    known = c.execute(
        "UPDATE threads SET deleting = ? WHERE user = ? AND thread_id = ?",
        (rows.micros(now), user, thread_id),
    ).rowcount
    if not known:
        raise ThreadNotFoundError(thread_id)
    active = "SELECT run_id FROM runs WHERE user = ? AND thread_id = ? AND active = 1"
    return [run_id for (run_id,) in c.execute(active, (user, thread_id))]


def delete_user(c: sqlite3.Connection, user: str) -> list[str]:
    """Delete every row of the user; return the ids of the threads."""
    threads = c.execute("SELECT thread_id FROM threads WHERE user = ?", (user,)).fetchall()
    for table in ("events", "runs", "messages", "threads", "secrets"):
        c.execute(f"DELETE FROM {table} WHERE user = ?", (user,))  # noqa: S608  # names of our own
    return [thread_id for (thread_id,) in threads]


def delete_thread(c: sqlite3.Connection, user: str, thread_id: str) -> None:
    """Delete every row that belongs to the thread."""
    mine = (user, thread_id)
    c.execute(
        "DELETE FROM events WHERE user = ? AND run_id IN "
        "(SELECT run_id FROM runs WHERE user = ? AND thread_id = ?)",
        (user, *mine),
    )
    c.execute("DELETE FROM runs WHERE user = ? AND thread_id = ?", mine)
    c.execute("DELETE FROM messages WHERE user = ? AND thread_id = ?", mine)
    c.execute("DELETE FROM threads WHERE user = ? AND thread_id = ?", mine)


def find_secret(c: sqlite3.Connection, kind: str, digest: str, now: datetime) -> str | None:
    """Return the user of a secret that has not expired."""
    row = c.execute(
        "SELECT user FROM secrets WHERE kind = ? AND digest = ? AND expires_at > ?",
        (kind, digest, rows.micros(now)),
    ).fetchone()
    return str(row[0]) if row else None
