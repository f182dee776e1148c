"""What the components of a twin received: kept in a bounded file, read back by trace and by table."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from infra.twin.arm.store import CorruptedStateError
from infra.twin.monitor.envelopes import Row
from infra.twin.monitor.tree import RUN, SPANS, Span, Trace, summary, tree

MOST_ROWS = 20_000
MOST_BYTES = 64 * 1024 * 1024
_LEAVE = 0.9
_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, component TEXT NOT NULL, name TEXT NOT NULL,
  operation TEXT NOT NULL, run TEXT, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS operations ON rows (operation);
CREATE INDEX IF NOT EXISTS runs ON rows (run) WHERE run IS NOT NULL;
"""


class Telemetry:
    """Keep rows by component (its resource id), the oldest leaving first; the reader of all views.

    `counts()` is {component: {table: rows}}. `traces(limit)` are the latest operations with spans, the newest
    first (Trace: operation_id, component, name, run_id, start, seconds, spans, failed, exceptions), with
    `runs_only` those of runs. `tree(operation_id)` are the root spans (Span: name, kind, offset, seconds,
    success, properties, notes, children). `of_run(run_id)` is a run's trace, or None; `rows(table, limit)`
    are a table's latest rows.
    """

    def __init__(self, connection: sqlite3.Connection, most_rows: int, most_bytes: int) -> None:
        self._sql = connection
        self._most_rows, self._most_bytes = most_rows, most_bytes
        self._rows, self._bytes = self._sizes()

    @classmethod
    def open(cls, path: Path, most_rows: int = MOST_ROWS, most_bytes: int = MOST_BYTES) -> Self:
        """Return the telemetry of a file, made when there is none; raise CorruptedStateError."""
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")
            connection.executescript(_SCHEMA)
            path.chmod(0o600)
            return cls(connection, most_rows, most_bytes)
        except sqlite3.DatabaseError as error:
            connection.close()
            raise CorruptedStateError(
                f"{path} cannot be read as telemetry ({error}); remove it and start again"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._sql.close()

    def keep(self, component: str, rows: Sequence[Row]) -> None:
        """Add rows of one component; the oldest of all leave once the bounds are reached."""
        entries = [_entry(component, row) for row in rows]
        insert = "INSERT INTO rows (component, name, operation, run, text) VALUES (?, ?, ?, ?, ?)"
        self._sql.execute("BEGIN")
        try:
            self._sql.executemany(insert, entries)
            self._rows += len(entries)
            self._bytes += sum(len(entry[-1]) for entry in entries)
            if self._rows > self._most_rows or self._bytes > self._most_bytes:
                self._trim()
            self._sql.execute("COMMIT")
        except sqlite3.Error:
            self._sql.execute("ROLLBACK")
            self._rows, self._bytes = self._sizes()
            raise

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many rows each component has in each table."""
        found: dict[str, dict[str, int]] = {}
        grouped = (
            "SELECT component, name, COUNT(*) FROM rows GROUP BY component, name ORDER BY component, name"
        )
        for component, table, count in self._sql.execute(grouped):
            found.setdefault(component, {})[table] = count
        return found

    def traces(self, limit: int = 20, *, runs_only: bool = False) -> list[Trace]:
        """Return the latest operations that have spans (or are runs), the newest first."""
        wanted = "run IS NOT NULL" if runs_only else f"name IN {SPANS!r} AND operation != ''"
        latest_first = "GROUP BY operation ORDER BY MAX(sequence) DESC LIMIT ?"
        query = f"SELECT operation FROM rows WHERE {wanted} {latest_first}"  # noqa: S608 - constants
        latest = self._sql.execute(query, (limit,)).fetchall()
        found = (self._summary(operation) for (operation,) in latest)
        return [trace for trace in found if trace is not None]

    def tree(self, operation_id: str) -> tuple[Span, ...]:
        """Return the root spans of an operation, empty when nothing of it is here."""
        return tree([row for _, row in self._of(operation_id)])

    def of_run(self, run_id: str) -> Trace | None:
        """Return the latest trace that carries a run's id, or None."""
        query = "SELECT operation FROM rows WHERE run = ? ORDER BY sequence DESC LIMIT 1"
        found = self._sql.execute(query, (run_id,)).fetchone()
        return None if found is None else self._summary(found[0])

    def rows(self, table: str, limit: int = 100) -> list[Row]:
        """Return the latest rows of a table, the newest first."""
        query = "SELECT name, text FROM rows WHERE name = ? ORDER BY sequence DESC LIMIT ?"
        return [_row(*found) for found in self._sql.execute(query, (table, limit))]

    def _summary(self, operation: str) -> Trace | None:
        rows = self._of(operation)
        return summary(rows[0][0], [row for _, row in rows]) if rows else None

    def _of(self, operation: str) -> list[tuple[str, Row]]:
        query = "SELECT component, name, text FROM rows WHERE operation = ? ORDER BY sequence"
        return [(component, _row(*rest)) for component, *rest in self._sql.execute(query, (operation,))]

    def _sizes(self) -> tuple[int, int]:
        query = "SELECT COUNT(*), COALESCE(SUM(LENGTH(text)), 0) FROM rows"
        rows, size = self._sql.execute(query).fetchone()
        return rows, size

    def _trim(self) -> None:
        rows, size = int(self._most_rows * _LEAVE), int(self._most_bytes * _LEAVE)
        self._sql.execute(
            "DELETE FROM rows WHERE sequence IN (SELECT sequence FROM (SELECT sequence, "
            "SUM(LENGTH(text)) OVER newest AS size, COUNT(*) OVER newest AS place FROM rows "
            "WINDOW newest AS (ORDER BY sequence DESC)) WHERE size > ? OR place > ?)",
            (size, rows),
        )
        self._rows, self._bytes = self._sizes()


def _entry(component: str, row: Row) -> tuple[str, str, str, str | None, str]:
    run = (row.columns.get("Properties") or {}).get(RUN)
    text = json.dumps(row.columns, separators=(",", ":"), ensure_ascii=False)
    return component, row.table, row.operation, None if run is None else str(run), text


def _row(table: str, text: str) -> Row:
    return Row(table=table, columns=json.loads(text))
