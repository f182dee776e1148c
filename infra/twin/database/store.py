"""The database on disk: one SQLite file for an account; a commit survives the end of the process."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.twin.arm.store import CorruptedStateError
from infra.twin.database import names
from infra.twin.database.problems import CosmosProblem, conflict

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
_VISIBLE = "(:standard IS NULL OR COALESCE(ttl, :standard) = -1 OR ts + COALESCE(ttl, :standard) > :now)"


@dataclass(frozen=True, kw_only=True)
class Database:
    """Hold one database; `throughput` is shared by its containers, in RU/s, or None."""

    number: int
    name: str
    rid: str
    etag: str
    ts: int
    throughput: int | None


@dataclass(frozen=True, kw_only=True)
class Container:
    """Hold one container; `properties` are those that its creator gave."""

    number: int
    database: Database
    name: str
    rid: str
    etag: str
    ts: int
    lsn: int
    throughput: int | None
    properties: dict[str, Any]

    @property
    def default_ttl(self) -> int | None:
        """Return how long items live (seconds; -1 for ever), or None when nothing expires."""
        ttl: int | None = self.properties.get("defaultTtl")
        return ttl

    @property
    def path(self) -> str:
        """Return the container's path by names."""
        return f"dbs/{self.database.name}/colls/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Hold one document: `text` is its JSON with the service's properties in it."""

    sequence: int
    id: str
    pk: str
    etag: str
    ts: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Hold what a write makes of a document, before it is in the store."""

    id: str
    pk: str
    etag: str
    ts: int
    ttl: int | None
    text: str


class DocumentStore:
    """Read and write one account's file; `transaction` makes writes whole or undone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    @classmethod
    def open(cls, path: Path) -> "DocumentStore":
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
        self._sql.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everything written inside, or, when an exception leaves, nothing of it."""
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._sql.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._undo()
            raise CosmosProblem(
                507, f"the twin could not save its database: {error}; free disk space"
            ) from error
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        if self._sql.in_transaction:
            self._sql.execute("ROLLBACK")

    def databases(self) -> list[Database]:
        """Return the databases in the order of their creation."""
        rows = self._sql.execute(
            "SELECT number, name, rid, etag, ts, throughput FROM databases ORDER BY number"
        )
        return [_database(row) for row in rows]

    def database(self, name: str) -> Database | None:
        """Return a database by its name or resource id."""
        found = self._sql.execute(
            "SELECT number, name, rid, etag, ts, throughput FROM databases WHERE name = ? OR rid = ?"
            " ORDER BY name = ? DESC LIMIT 1",
            (name, name, name),
        ).fetchone()
        return None if found is None else _database(found)

    def create_database(self, name: str, ts: int, throughput: int | None = None) -> Database:
        """Add a database; raise CosmosProblem 409 when the name is taken."""
        with self.transaction():
            if self._sql.execute("SELECT 1 FROM databases WHERE name = ?", (name,)).fetchone():
                raise conflict()
            number = self._number(
                "INSERT INTO databases (name, rid, etag, ts, throughput) VALUES (?, '', ?, ?, ?)",
                (name, names.fresh_etag(ts), ts, throughput),
            )
            rid = names.database_rid(number)
            self._sql.execute("UPDATE databases SET rid = ? WHERE number = ?", (rid, number))
        found = self.database(name)
        assert found is not None  # noqa: S101 - it was written above
        return found

    def delete_database(self, database: Database) -> None:
        """Remove a database with everything in it."""
        with self.transaction():
            for container in self.containers(database):
                self._drop(container)
            self._sql.execute("DELETE FROM databases WHERE number = ?", (database.number,))

    def share_throughput(self, database: Database, throughput: int | None) -> None:
        """Set what the containers of a database share (RU/s)."""
        with self.transaction():
            self._sql.execute(
                "UPDATE databases SET throughput = ? WHERE number = ?", (throughput, database.number)
            )

    def containers(self, database: Database) -> list[Container]:
        """Return the containers of a database in the order of their creation."""
        rows = self._sql.execute(
            "SELECT number, name, rid, etag, ts, lsn, throughput, properties FROM containers"
            " WHERE database = ? ORDER BY number",
            (database.number,),
        )
        return [_container(row, database) for row in rows]

    def container(self, database: Database, name: str) -> Container | None:
        """Return a container by its name or resource id."""
        found = self._sql.execute(
            "SELECT number, name, rid, etag, ts, lsn, throughput, properties FROM containers"
            " WHERE database = ? AND (name = ? OR rid = ?) ORDER BY name = ? DESC LIMIT 1",
            (database.number, name, name, name),
        ).fetchone()
        return None if found is None else _container(found, database)

    def create_container(
        self, database: Database, properties: dict[str, Any], ts: int, throughput: int | None = None
    ) -> Container:
        """Add a container; raise CosmosProblem 409 when the name is taken."""
        name = properties["id"]
        with self.transaction():
            taken = self._sql.execute(
                "SELECT 1 FROM containers WHERE database = ? AND name = ?", (database.number, name)
            ).fetchone()
            if taken:
                raise conflict()
            number = self._number(
                "INSERT INTO containers (database, name, rid, etag, ts, lsn, throughput, properties)"
                " VALUES (?, ?, '', ?, ?, 1, ?, ?)",
                (database.number, name, names.fresh_etag(ts), ts, throughput, json.dumps(properties)),
            )
            rid = names.container_rid(database.number, number)
            self._sql.execute("UPDATE containers SET rid = ? WHERE number = ?", (rid, number))
        found = self.container(database, name)
        assert found is not None  # noqa: S101 - it was written above
        return found

    def replace_container(
        self, container: Container, properties: dict[str, Any], ts: int, throughput: int | None
    ) -> None:
        """Give a container other properties and another throughput (RU/s)."""
        with self.transaction():
            self._sql.execute(
                "UPDATE containers SET properties = ?, etag = ?, ts = ?, throughput = ? WHERE number = ?",
                (json.dumps(properties), names.fresh_etag(ts), ts, throughput, container.number),
            )

    def delete_container(self, container: Container) -> None:
        """Remove a container with its documents."""
        with self.transaction():
            self._drop(container)

    def advance(self, container: Container) -> int:
        """Raise the container's log sequence number by one, and return it."""
        row = self._sql.execute(
            "UPDATE containers SET lsn = lsn + 1 WHERE number = ? RETURNING lsn", (container.number,)
        ).fetchone()
        return int(row[0])

    def read(self, container: Container, pk: str, item: str, now: float) -> Stored | None:
        """Return a document that has not expired, or None."""
        row = self._sql.execute(
            "SELECT sequence, id, pk, etag, ts, text FROM documents"  # noqa: S608 - constants
            f" WHERE container = :container AND pk = :pk AND id = :id AND {_VISIBLE}",
            {**_scope(container, now), "pk": pk, "id": item},
        ).fetchone()
        return None if row is None else _stored(row)

    def insert(self, container: Container, draft: Draft) -> int:
        """Add a document in the place of an expired one, and return its sequence number."""
        self._sql.execute(
            "DELETE FROM documents WHERE container = ? AND pk = ? AND id = ?",
            (container.number, draft.pk, draft.id),
        )
        return self._number(
            "INSERT INTO documents (container, pk, id, etag, ts, ttl, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (container.number, draft.pk, draft.id, draft.etag, draft.ts, draft.ttl, draft.text),
        )

    def update(self, sequence: int, draft: Draft) -> None:
        """Change the document of a sequence number."""
        self._sql.execute(
            "UPDATE documents SET etag = ?, ts = ?, ttl = ?, text = ? WHERE sequence = ?",
            (draft.etag, draft.ts, draft.ttl, draft.text, sequence),
        )

    def remove(self, sequence: int) -> None:
        """Remove the document of a sequence number."""
        self._sql.execute("DELETE FROM documents WHERE sequence = ?", (sequence,))

    def remove_partition(self, container: Container, pk: str) -> int:
        """Remove the documents of one partition key, and return how many there were."""
        return self._sql.execute(
            "DELETE FROM documents WHERE container = ? AND pk = ?", (container.number, pk)
        ).rowcount

    def remove_expired(self, container: Container, now: float) -> int:
        """Remove what has expired, and return how many documents that were."""
        return self._sql.execute(
            f"DELETE FROM documents WHERE container = :container AND NOT {_VISIBLE}",  # noqa: S608 - a constant
            _scope(container, now),
        ).rowcount

    def scan(self, container: Container, pk: str | None, now: float, *, after: int = 0) -> Iterator[Stored]:
        """Yield the documents of one partition key, or of all, in the order of their creation."""
        chosen = "AND pk = :pk " if pk is not None else ""
        rows = self._sql.execute(
            "SELECT sequence, id, pk, etag, ts, text FROM documents "  # noqa: S608 - constants
            f"WHERE container = :container {chosen}AND sequence > :after AND {_VISIBLE} ORDER BY sequence",
            {**_scope(container, now), "pk": pk, "after": after},
        )
        for row in rows:
            yield _stored(row)

    def count(self, container: Container, now: float) -> tuple[int, int]:
        """Return how many documents a container has, and how many bytes they are together."""
        row = self._sql.execute(
            "SELECT COUNT(*), COALESCE(SUM(LENGTH(text)), 0) FROM documents"  # noqa: S608 - constants
            f" WHERE container = :container AND {_VISIBLE}",
            _scope(container, now),
        ).fetchone()
        return int(row[0]), int(row[1])

    def next_sequence(self) -> int:
        """Return the sequence number that the next document gets."""
        row = self._sql.execute("SELECT seq FROM sqlite_sequence WHERE name = 'documents'").fetchone()
        return 1 if row is None else int(row[0]) + 1

    def _drop(self, container: Container) -> None:
        self._sql.execute("DELETE FROM documents WHERE container = ?", (container.number,))
        self._sql.execute("DELETE FROM containers WHERE number = ?", (container.number,))

    def _number(self, statement: str, values: tuple[Any, ...]) -> int:
        number = self._sql.execute(statement, values).lastrowid
        assert number is not None  # noqa: S101 - sqlite3 sets it after an insert
        return number


def _check_version(version: int) -> None:
    if version not in {0, _VERSION}:
        raise ValueError(f"it has version {version}; this program reads {_VERSION}")


def _scope(container: Container, now: float) -> dict[str, Any]:
    return {"container": container.number, "standard": container.default_ttl, "now": now}


def _database(row: tuple[Any, ...]) -> Database:
    number, name, rid, etag, ts, throughput = row
    return Database(number=number, name=name, rid=rid, etag=etag, ts=ts, throughput=throughput)


def _container(row: tuple[Any, ...], database: Database) -> Container:
    number, name, rid, etag, ts, lsn, throughput, properties = row
    return Container(
        number=number,
        database=database,
        name=name,
        rid=rid,
        etag=etag,
        ts=ts,
        lsn=lsn,
        throughput=throughput,
        properties=json.loads(properties),
    )


def _stored(row: tuple[Any, ...]) -> Stored:
    sequence, item, pk, etag, ts, text = row
    return Stored(sequence=sequence, id=item, pk=pk, etag=etag, ts=ts, text=text)
