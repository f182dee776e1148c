"""What the database's file holds: databases, containers, documents."""

from dataclasses import dataclass
from typing import Any


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
