"""Tables of the SQLite store, and the way between their rows and runs."""

import json
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from frmk.errors import StoreError
from frmk.runs.models import Lease, Message, Run, ThreadSummary, Usage
from frmk.runs.states import RunStatus

VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_TABLES = (
    """CREATE TABLE IF NOT EXISTS threads (
        user TEXT NOT NULL, thread_id TEXT NOT NULL,
        created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, title TEXT,
        deleting INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (user, thread_id)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS threads_by_update ON threads (user, updated_at, thread_id)",
    # `deleting` holds when a deletion began; a file of an earlier release may hold 1, which was long ago.
    "CREATE INDEX IF NOT EXISTS threads_deleting ON threads (deleting) WHERE deleting > 0",
    """CREATE TABLE IF NOT EXISTS runs (
        user TEXT NOT NULL, run_id TEXT NOT NULL, thread_id TEXT NOT NULL, goal TEXT NOT NULL,
        message TEXT NOT NULL, context TEXT NOT NULL, status TEXT NOT NULL, active INTEGER NOT NULL,
        created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, usage TEXT NOT NULL, error TEXT,
        last_seq INTEGER NOT NULL, attempt INTEGER NOT NULL, cancel_requested INTEGER NOT NULL DEFAULT 0,
        owner TEXT NOT NULL, lease_until INTEGER NOT NULL,
        PRIMARY KEY (user, run_id)) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX IF NOT EXISTS runs_busy ON runs (user, thread_id) WHERE active = 1",
    "CREATE INDEX IF NOT EXISTS runs_by_thread ON runs (user, thread_id)",
    "CREATE INDEX IF NOT EXISTS runs_by_lease ON runs (lease_until) WHERE active = 1",
    """CREATE TABLE IF NOT EXISTS events (
        user TEXT NOT NULL, run_id TEXT NOT NULL, seq INTEGER NOT NULL, line TEXT NOT NULL,
        PRIMARY KEY (user, run_id, seq)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS messages (
        position INTEGER PRIMARY KEY, user TEXT NOT NULL, thread_id TEXT NOT NULL, body TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS messages_by_thread ON messages (user, thread_id, position)",
    """CREATE TABLE IF NOT EXISTS secrets (
        kind TEXT NOT NULL, digest TEXT NOT NULL, user TEXT NOT NULL, expires_at INTEGER NOT NULL,
        PRIMARY KEY (kind, digest)) WITHOUT ROWID""",
)

RUN_COLUMNS = (
    "run_id, thread_id, user, goal, message, context, status, created_at, updated_at, usage, error, "
    "last_seq, attempt, cancel_requested"
)
THREAD_COLUMNS = "thread_id, user, created_at, updated_at, title"


def make_tables(connection: sqlite3.Connection) -> None:
    """Make what is absent; refuse a file that a later version has written."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StoreError(
            f"The runs' file has version {version}, this program knows up to {VERSION}: "
            "use the program that wrote it, or another file.",
            store="sqlite",
        )
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def micros(moment: datetime) -> int:
    """Return a moment as whole microseconds, which sort and compare as it does."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """Return the moment of so many microseconds."""
    return _EPOCH + value * _MICROSECOND


def run_of(row: tuple[Any, ...]) -> Run:
    """Return the run of a row of RUN_COLUMNS."""
    return Run(
        run_id=row[0],
        thread_id=row[1],
        user=row[2],
        goal=row[3],
        message=row[4],
        context=json.loads(row[5]),
        status=RunStatus(row[6]),
        created_at=moment(row[7]),
        updated_at=moment(row[8]),
        usage=Usage(**json.loads(row[9])),
        error=row[10],
        last_seq=row[11],
        attempt=row[12],
        cancel_requested=bool(row[13]),
    )


def row_of(run: Run, lease: Lease) -> tuple[Any, ...]:
    """Return the row of a run: RUN_COLUMNS, then active, owner and lease_until."""
    return (
        run.run_id,
        run.thread_id,
        run.user,
        run.goal,
        run.message,
        json.dumps(run.context),
        run.status,
        micros(run.created_at),
        micros(run.updated_at),
        usage_text(run.usage),
        run.error,
        run.last_seq,
        run.attempt,
        int(run.cancel_requested),
        int(not run.over),
        lease.owner,
        micros(lease.until),
    )


def usage_text(usage: Usage) -> str:
    """Return usage as a row holds it."""
    return json.dumps(asdict(usage))


def summary_of(row: tuple[Any, ...]) -> ThreadSummary:
    """Return the thread of a row of THREAD_COLUMNS."""
    return ThreadSummary(
        thread_id=row[0], user=row[1], created_at=moment(row[2]), updated_at=moment(row[3]), title=row[4]
    )


def message_text(message: Message) -> str:
    """Return a message as a row holds it."""
    body = asdict(message)
    body["time"] = micros(message.time)
    return json.dumps({key: value for key, value in body.items() if value is not None})


def message_of(text: str) -> Message:
    """Return the message of a row."""
    body = json.loads(text)
    body["time"] = moment(body["time"])
    return Message(**body)
