"""The file of one account: SQLite, whose commits survive the end of the process."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from infra.twin.arm.store import CorruptedStateError
from infra.twin.database.problems import CosmosProblem

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS databases (
  number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE NOT NULL, rid TEXT NOT NULL, etag TEXT NOT NULL,
  ts INTEGER NOT NULL, throughput INTEGER);
CREATE TABLE IF NOT EXISTS containers (
  number INTEGER PRIMARY KEY AUTOINCREMENT, database INTEGER NOT NULL, name TEXT NOT NULL, rid TEXT NOT NULL,
  etag TEXT NOT NULL, ts INTEGER NOT NULL, lsn INTEGER NOT NULL, throughput INTEGER, properties TEXT NOT NULL,
  UNIQUE (database, name));
CREATE TABLE IF NOT EXISTS documents (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, container INTEGER NOT NULL, pk TEXT NOT NULL, id TEXT NOT NULL,
  etag TEXT NOT NULL, ts INTEGER NOT NULL, ttl INTEGER, text TEXT NOT NULL, UNIQUE (container, pk, id));
"""


class DatabaseFile:
    """Hold one account's file open; `transaction` makes writes whole or undone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.sql = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the store of a file, made when there is none; raise CorruptedStateError."""
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            _check_version(version)
            connection.executescript(_SCHEMA)
            connection.execute(f"PRAGMA user_version={_VERSION}")
        except (sqlite3.DatabaseError, ValueError) as error:
            connection.close()
            raise CorruptedStateError(
                f"{path} cannot be read as a database ({error}); move it away and start again, or restore it"
            ) from error
        path.chmod(0o600)
        return cls(connection)

    def close(self) -> None:
        """Close the file."""
        self.sql.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everything written inside, or, when an exception leaves, nothing of it."""
        self.sql.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.sql.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._undo()
            raise CosmosProblem(
                507, f"the twin could not save its database: {error}; free disk space"
            ) from error
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        if self.sql.in_transaction:
            self.sql.execute("ROLLBACK")

    def insert_row(self, statement: str, values: tuple[Any, ...]) -> int:
        """Carry out an INSERT, and return the number of its row."""
        number = self.sql.execute(statement, values).lastrowid
        assert number is not None  # noqa: S101 - sqlite3 sets it after an insert
        return number


def _check_version(version: int) -> None:
    if version not in {0, _VERSION}:
        raise ValueError(f"it has version {version}; this program reads {_VERSION}")
