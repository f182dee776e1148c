"""The databases and containers of one account, on disk."""

import json
from typing import Any

from infra.twin.database import names
from infra.twin.database.file import DatabaseFile
from infra.twin.database.problems import conflict
from infra.twin.database.rows import Container, Database


class Catalogue(DatabaseFile):
    """Keep databases and containers; a container goes with its documents."""

    def databases(self) -> list[Database]:
        """Return the databases in the order of their creation."""
        rows = self.sql.execute(
            "SELECT number, name, rid, etag, ts, throughput FROM databases ORDER BY number"
        )
        return [_database(row) for row in rows]

    def database(self, name: str) -> Database | None:
        """Return a database by its name or resource id."""
        found = self.sql.execute(
            "SELECT number, name, rid, etag, ts, throughput FROM databases WHERE name = ? OR rid = ?"
            " ORDER BY name = ? DESC LIMIT 1",
            (name, name, name),
        ).fetchone()
        return None if found is None else _database(found)

    def create_database(self, name: str, ts: int, throughput: int | None = None) -> Database:
        """Add a database; raise CosmosProblem 409 when the name is taken."""
        with self.transaction():
            if self.sql.execute("SELECT 1 FROM databases WHERE name = ?", (name,)).fetchone():
                raise conflict()
            number = self.insert_row(
                "INSERT INTO databases (name, rid, etag, ts, throughput) VALUES (?, '', ?, ?, ?)",
                (name, names.fresh_etag(ts), ts, throughput),
            )
            rid = names.database_rid(number)
            self.sql.execute("UPDATE databases SET rid = ? WHERE number = ?", (rid, number))
        found = self.database(name)
        assert found is not None  # noqa: S101 - it was written above
        return found

    def delete_database(self, database: Database) -> None:
        """Remove a database with everything in it."""
        with self.transaction():
            for container in self.containers(database):
                self._drop(container)
            self.sql.execute("DELETE FROM databases WHERE number = ?", (database.number,))

    def share_throughput(self, database: Database, throughput: int | None) -> None:
        """Set what the containers of a database share (RU/s)."""
        with self.transaction():
            self.sql.execute(
                "UPDATE databases SET throughput = ? WHERE number = ?", (throughput, database.number)
            )

    def containers(self, database: Database) -> list[Container]:
        """Return the containers of a database in the order of their creation."""
        rows = self.sql.execute(
            "SELECT number, name, rid, etag, ts, lsn, throughput, properties FROM containers"
            " WHERE database = ? ORDER BY number",
            (database.number,),
        )
        return [_container(row, database) for row in rows]

    def container(self, database: Database, name: str) -> Container | None:
        """Return a container by its name or resource id."""
        found = self.sql.execute(
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
            taken = self.sql.execute(
                "SELECT 1 FROM containers WHERE database = ? AND name = ?", (database.number, name)
            ).fetchone()
            if taken:
                raise conflict()
            number = self.insert_row(
                "INSERT INTO containers (database, name, rid, etag, ts, lsn, throughput, properties)"
                " VALUES (?, ?, '', ?, ?, 1, ?, ?)",
                (database.number, name, names.fresh_etag(ts), ts, throughput, json.dumps(properties)),
            )
            rid = names.container_rid(database.number, number)
            self.sql.execute("UPDATE containers SET rid = ? WHERE number = ?", (rid, number))
        found = self.container(database, name)
        assert found is not None  # noqa: S101 - it was written above
        return found

    def replace_container(
        self, container: Container, properties: dict[str, Any], ts: int, throughput: int | None
    ) -> None:
        """Give a container other properties and another throughput (RU/s)."""
        with self.transaction():
            self.sql.execute(
                "UPDATE containers SET properties = ?, etag = ?, ts = ?, throughput = ? WHERE number = ?",
                (json.dumps(properties), names.fresh_etag(ts), ts, throughput, container.number),
            )

    def delete_container(self, container: Container) -> None:
        """Remove a container with its documents."""
        with self.transaction():
            self._drop(container)

    def advance(self, container: Container) -> int:
        """Raise the container's log sequence number by one, and return it."""
        row = self.sql.execute(
            "UPDATE containers SET lsn = lsn + 1 WHERE number = ? RETURNING lsn", (container.number,)
        ).fetchone()
        return int(row[0])

    def _drop(self, container: Container) -> None:
        self.sql.execute("DELETE FROM documents WHERE container = ?", (container.number,))
        self.sql.execute("DELETE FROM containers WHERE number = ?", (container.number,))


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
