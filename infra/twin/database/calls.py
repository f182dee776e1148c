"""Requests and replies of the protocol without HTTP around them, and what a path names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

from infra.twin.database.problems import CosmosProblem, invalid

Kind = Literal["account", "dbs", "colls", "docs", "pkranges", "partitionkeydelete", "offers"]
_BELOW_CONTAINER: dict[str, Kind] = {"docs": "docs", "pkranges": "pkranges"}


@dataclass(frozen=True, kw_only=True)
class Address:
    """Say what a path names: a resource, or (`single` is false) the list of a kind below a parent."""

    kind: Kind
    single: bool
    database: str = ""
    container: str = ""
    item: str = ""

    @property
    def link(self) -> str:
        """Return the resource link that the key's signature covers."""
        parts = []
        if self.database:
            parts += ["dbs", self.database]
        if self.container:
            parts += ["colls", self.container]
        if self.item:
            parts += ["docs", self.item] if self.kind == "docs" else [self.item.lower()]
        return "/".join(parts)

    @property
    def signed_type(self) -> str:
        """Return the resource type that the key's signature covers."""
        signed = {"account": "", "partitionkeydelete": "colls"}
        return signed.get(self.kind, self.kind)


@dataclass(frozen=True, kw_only=True)
class Call:
    """Hold one request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    base: str

    def header(self, name: str) -> str | None:
        """Return a header, or None."""
        return self.headers.get(name)

    def flag(self, name: str) -> bool:
        """Say whether a header is true, however it is spelt."""
        return self.headers.get(name, "").strip().lower() == "true"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """Hold one answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    charge: float = 0.0


def address_of(path: str) -> Address:
    """Return what a raw (still quoted) path names; raise CosmosProblem 400 or 404."""
    try:
        parts = [unquote(part, errors="strict") for part in path.split("/") if part]
    except UnicodeDecodeError as error:
        raise invalid(f"The path is no UTF-8: {error}.") from error
    if not parts:
        return Address(kind="account", single=True)
    if parts[0] == "offers" and len(parts) <= 2:  # noqa: PLR2004 - offers/ID
        return Address(kind="offers", single=len(parts) > 1, item="".join(parts[1:]))
    if parts[0] == "dbs":
        found = _below(parts[1:])
        if found is not None:
            return found
    raise CosmosProblem(404, f"The path {path[:200]!r} names nothing that this twin rehearses.")


def _below(parts: list[str]) -> Address | None:
    if len(parts) <= 1:
        return Address(kind="dbs", single=bool(parts), database="".join(parts))
    database, kind, rest = parts[0], parts[1], parts[2:]
    if kind != "colls":
        return None
    if len(rest) <= 1:
        return Address(kind="colls", single=bool(rest), database=database, container="".join(rest))
    return _in_container(database, rest[0], rest[1:])


def _in_container(database: str, container: str, rest: list[str]) -> Address | None:
    if rest == ["operations", "partitionkeydelete"]:
        return Address(kind="partitionkeydelete", single=True, database=database, container=container)
    kind = _BELOW_CONTAINER.get(rest[0])
    if kind is None or len(rest) > 2 or (kind == "pkranges" and len(rest) > 1):  # noqa: PLR2004 - docs/ID
        return None
    item = rest[1] if len(rest) > 1 else ""
    return Address(kind=kind, single=bool(item), database=database, container=container, item=item)
