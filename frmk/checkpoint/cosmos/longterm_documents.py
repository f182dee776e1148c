"""What a memory looks like in the database: ids, partitions, lifetimes and sizes."""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from langgraph.store.base import Item, PutOp, SearchItem

from frmk.checkpoint.cosmos.errors import CosmosStateError

SCHEMA_VERSION = 1
MAX_ITEM_BYTES = 2 * 1024 * 1024
FOREVER = -1
MAX_PARTITION_KEY_BYTES = 1_024
# What the service adds to an item: _rid, _self, _etag, _attachments, _ts.
_SYSTEM_BYTES = 512
# The database keeps numbers as IEEE 754 doubles.
_EXACT_INTEGER = 2**53


class ItemTooLargeError(CosmosStateError, ValueError):
    """A memory is larger than an item of the database may be."""


class UnstorableValueError(CosmosStateError, ValueError):
    """A memory holds what JSON, or the database's numbers, cannot give back as it was."""


def path_of(namespace: tuple[str, ...]) -> str:
    """Return a namespace as text: labels hold no period, so that prefixes end where labels do."""
    return "".join(f"{label}." for label in namespace)


def namespace_of(path: str) -> tuple[str, ...]:
    """Return the namespace of a path."""
    return tuple(path.split(".")[:-1])


def partition_of(namespace: tuple[str, ...], depth: int) -> str:
    """Return the partition that holds a namespace: its first labels, or their digest when too long."""
    partition = path_of(namespace[:depth])
    if len(partition.encode("utf-8", "surrogatepass")) <= MAX_PARTITION_KEY_BYTES:
        return partition
    # No other partition ends without a period.
    return f"sha256:{_digest(partition)}"


def document_id(namespace: tuple[str, ...], key: str) -> str:
    """Return the id of a memory; hashed, because ids are short and refuse four characters."""
    return _digest(f"{path_of(namespace)}\x00{key}")


def document_of(op: PutOp, *, partition: str, created: str, updated: datetime) -> dict[str, Any]:
    """Return the document that a put writes."""
    return {
        "id": document_id(op.namespace, op.key),
        "pk": partition,
        "v": SCHEMA_VERSION,
        "path": path_of(op.namespace),
        "key": op.key,
        "value": dict(op.value or {}),
        "created": created,
        "updated": stamp(updated),
        "ttl": lifetime(op.ttl),
    }


def item_of(document: Mapping[str, Any]) -> Item:
    """Return the memory in a document."""
    return Item(**_fields(document))


def search_item_of(document: Mapping[str, Any]) -> SearchItem:
    """Return the memory in a document that a search found."""
    return SearchItem(**_fields(document))


def stamp(when: datetime) -> str:
    """Return a time as text of one width, so that it sorts as time does."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")


def expires(document: Mapping[str, Any]) -> bool:
    """Tell whether a memory has a lifetime."""
    return int(document.get("ttl") or FOREVER) != FOREVER


def lifetime(minutes: float | None) -> int:
    """Return a lifetime in the database's whole seconds, one at least; None keeps the memory."""
    if minutes is None:
        return FOREVER
    if not (math.isfinite(minutes) and minutes > 0):
        raise ValueError(f"A lifetime is a number of minutes above 0, not {minutes!r}. Use None to keep it.")
    return math.ceil(timedelta(minutes=minutes).total_seconds())


def require_storable(op: PutOp) -> int:
    """Return the bytes that a put sends; raise for a value that does not fit or would come back changed."""
    lifetime(op.ttl)
    if op.value is None:
        return 0
    where = f"{op.key!r} in {op.namespace!r}"
    _require_exact(op.value, where, "value")
    try:
        # As azure-cosmos sends it: a character that is not ASCII takes six bytes or twelve.
        text = json.dumps(dict(op.value), allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise UnstorableValueError(f"The value of {where} is no JSON: {error}.") from error
    size = len(text) + _overhead(op)
    if size > MAX_ITEM_BYTES:
        raise ItemTooLargeError(
            f"The value of {where} makes an item of {size:,} bytes; the database takes {MAX_ITEM_BYTES:,}. "
            "Split it over several keys, or keep the large part elsewhere and its address here."
        )
    return size


def _overhead(op: PutOp) -> int:
    names = json.dumps([path_of(op.namespace), op.key, partition_of(op.namespace, 1)])
    return len(names) + _SYSTEM_BYTES


def _require_exact(value: Any, where: str, path: str) -> None:
    if isinstance(value, bool):
        return
    if isinstance(value, int) and abs(value) > _EXACT_INTEGER:
        raise UnstorableValueError(
            f"{path} of {where} is {value}: the database rounds whole numbers beyond 2^53. Store it as text."
        )
    if isinstance(value, Mapping):
        for name, part in value.items():
            if not isinstance(name, str):
                raise UnstorableValueError(f"{path} of {where} has the name {name!r}, which is no text.")
            _require_exact(part, where, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            _require_exact(part, where, f"{path}[{index}]")


def _fields(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "namespace": namespace_of(document["path"]),
        "key": document["key"],
        "value": document["value"],
        "created_at": datetime.fromisoformat(document["created"]),
        "updated_at": datetime.fromisoformat(document["updated"]),
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
