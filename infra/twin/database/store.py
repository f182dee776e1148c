"""The documents of one account, on disk."""

from collections.abc import Iterator
from typing import Any

from infra.twin.database.catalogue import Catalogue
from infra.twin.database.rows import Container, Draft, Stored

_VISIBLE = "(:standard IS NULL OR COALESCE(ttl, :standard) = -1 OR ts + COALESCE(ttl, :standard) > :now)"


class DocumentStore(Catalogue):
    """Read and write documents; what has expired is there for nobody."""

    def read(self, container: Container, pk: str, item: str, now: float) -> Stored | None:
        """Return a document that has not expired, or None."""
        row = self.sql.execute(
            "SELECT sequence, id, pk, etag, ts, text FROM documents"  # noqa: S608 - constants
            f" WHERE container = :container AND pk = :pk AND id = :id AND {_VISIBLE}",
            {**_scope(container, now), "pk": pk, "id": item},
        ).fetchone()
        return None if row is None else _stored(row)

    def insert(self, container: Container, draft: Draft) -> int:
        """Add a document in the place of an expired one, and return its sequence number."""
        self.sql.execute(
            "DELETE FROM documents WHERE container = ? AND pk = ? AND id = ?",
            (container.number, draft.pk, draft.id),
        )
        return self.insert_row(
            "INSERT INTO documents (container, pk, id, etag, ts, ttl, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (container.number, draft.pk, draft.id, draft.etag, draft.ts, draft.ttl, draft.text),
        )

    def update(self, sequence: int, draft: Draft) -> None:
        """Change the document of a sequence number."""
        self.sql.execute(
            "UPDATE documents SET etag = ?, ts = ?, ttl = ?, text = ? WHERE sequence = ?",
            (draft.etag, draft.ts, draft.ttl, draft.text, sequence),
        )

    def remove(self, sequence: int) -> None:
        """Remove the document of a sequence number."""
        self.sql.execute("DELETE FROM documents WHERE sequence = ?", (sequence,))

    def remove_partition(self, container: Container, pk: str) -> int:
        """Remove the documents of one partition key, and return how many there were."""
        return self.sql.execute(
            "DELETE FROM documents WHERE container = ? AND pk = ?", (container.number, pk)
        ).rowcount

    def remove_expired(self, container: Container, now: float) -> int:
        """Remove what has expired, and return how many documents that were."""
        return self.sql.execute(
            f"DELETE FROM documents WHERE container = :container AND NOT {_VISIBLE}",  # noqa: S608
            _scope(container, now),
        ).rowcount

    def scan(self, container: Container, pk: str | None, now: float, *, after: int = 0) -> Iterator[Stored]:
        """Yield the documents of one partition key, or of all, in the order of their creation."""
        chosen = "AND pk = :pk " if pk is not None else ""
        rows = self.sql.execute(
            "SELECT sequence, id, pk, etag, ts, text FROM documents "  # noqa: S608 - constants
            f"WHERE container = :container {chosen}AND sequence > :after AND {_VISIBLE} ORDER BY sequence",
            {**_scope(container, now), "pk": pk, "after": after},
        )
        for row in rows:
            yield _stored(row)

    def count(self, container: Container, now: float) -> tuple[int, int]:
        """Return how many documents a container has, and how many bytes they are together."""
        row = self.sql.execute(
            "SELECT COUNT(*), COALESCE(SUM(LENGTH(text)), 0) FROM documents"  # noqa: S608 - constants
            f" WHERE container = :container AND {_VISIBLE}",
            _scope(container, now),
        ).fetchone()
        return int(row[0]), int(row[1])

    def partitions(
        self, container: Container, now: float, most: int
    ) -> tuple[int, dict[str, dict[str, int]]]:
        """Return how many partition keys there are, and of those last written the documents by their kind.

        The kind is what the document says under `kind` or `type`, empty where it says nothing.
        """
        scope = {**_scope(container, now), "most": most}
        within = f"FROM documents WHERE container = :container AND {_VISIBLE}"
        total = self.sql.execute(f"SELECT COUNT(DISTINCT pk) {within}", scope).fetchone()[0]
        rows = self.sql.execute(
            "SELECT pk, COALESCE(json_extract(text, '$.kind'), json_extract(text, '$.type'), '') AS kind, "
            f"COUNT(*) {within} AND pk IN (SELECT pk {within} GROUP BY pk ORDER BY MAX(sequence) DESC "
            "LIMIT :most) GROUP BY pk, kind ORDER BY MAX(sequence) OVER (PARTITION BY pk) DESC, kind",
            scope,
        )
        found: dict[str, dict[str, int]] = {}
        for pk, kind, count in rows:
            found.setdefault(pk, {})[str(kind)] = int(count)
        return int(total), found

    def next_sequence(self) -> int:
        """Return the sequence number that the next document gets."""
        row = self.sql.execute("SELECT seq FROM sqlite_sequence WHERE name = 'documents'").fetchone()
        return 1 if row is None else int(row[0]) + 1


def _scope(container: Container, now: float) -> dict[str, Any]:
    return {"container": container.number, "standard": container.default_ttl, "now": now}


def _stored(row: tuple[Any, ...]) -> Stored:
    sequence, item, pk, etag, ts, text = row
    return Stored(sequence=sequence, id=item, pk=pk, etag=etag, ts=ts, text=text)
