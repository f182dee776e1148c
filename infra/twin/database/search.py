"""Which stored documents hold which texts: read off the account's file, beside the protocol and its roles."""

import base64
import binascii
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.twin.database.account import Account
from infra.twin.database.limits import Limits
from infra.twin.database.rows import Container

MOST_TEXTS = 5_000
_SHORTEST_PACKED = 24
_MOST_INFLATED = 32 * 1024 * 1024
_ANY_WINDOW = zlib.MAX_WBITS | 32  # zlib's or gzip's header


def search(accounts: Mapping[str, tuple[str, Account]], texts: Sequence[str]) -> dict[str, Any]:
    """Return, for every account (its endpoint and itself by name), what each container holds of the texts."""
    found = [_of(name, endpoint, account, texts) for name, (endpoint, account) in accounts.items()]
    return {"accounts": found}


def _of(name: str, endpoint: str, account: Account, texts: Sequence[str]) -> dict[str, Any]:
    containers = [
        {
            "database": database.name,
            "name": container.name,
            "partition_key": ", ".join((container.properties.get("partitionKey") or {}).get("paths") or ()),
            **_in(account, container, texts),
        }
        for database in account.store.databases()
        for container in account.store.containers(database)
    ]
    return {"name": name, "endpoint": endpoint, **_spent(account.limits), "containers": containers}


def _in(account: Account, container: Container, texts: Sequence[str]) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    documents = 0
    for stored in account.store.scan(container, None, account.now):
        documents += 1
        readable = unfolded(stored.text)
        for text in texts:
            if text in readable:
                found.setdefault(text, []).append(stored.id)
    return {"documents": documents, "found": found}


def unfolded(text: str) -> str:
    """Return a document's JSON, then every text in it, compressed ones readable."""
    return "\n".join((text, *_texts(json.loads(text))))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str) and len(value) >= _SHORTEST_PACKED:
        yield value
        try:
            raw = zlib.decompressobj(_ANY_WINDOW).decompress(
                base64.b64decode(value, validate=True), _MOST_INFLATED
            )
        except (binascii.Error, zlib.error, ValueError):
            return
        yield raw.decode("utf-8", "replace")


def _spent(limits: Limits) -> dict[str, Any]:
    return {
        "requests": limits.requests.total(),
        "request_units": round(sum(limits.charges.values()), 2),
    }
