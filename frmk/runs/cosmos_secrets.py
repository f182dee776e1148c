"""Tickets and sessions in Cosmos DB: each by its digest in a partition of its own, until it expires."""

import math
import time
from datetime import datetime

from frmk.errors import StoreError
from frmk.runs import cosmos_documents as docs
from frmk.runs.clock import utc_now
from frmk.runs.cosmos_items import BatchConflictError, BatchDoubtError, Items
from frmk.runs.cosmos_payload import Doc

_PROBE: Doc = {"id": "check", "pk": "check", "type": "check", "schema": docs.SCHEMA, "ttl": 60}
_PROBE_SECONDS = 60.0


class Secrets:
    """Keep secrets, and know whether the container can be written."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._written: float | None = None

    async def check(self) -> None:
        """Read the container; write to it too, unless that went well within the last minute."""
        now = time.monotonic()
        if self._written is not None and now - self._written < _PROBE_SECONDS:
            await self._items.read(_PROBE["pk"], _PROBE["id"])
            return
        await self._upsert(_PROBE)
        self._written = now

    async def put(self, kind: str, digest: str, user: str, expires_at: datetime) -> None:
        """Keep a secret; its lifetime begins with the service's clock and ends with the moment it holds."""
        left = math.ceil((expires_at - utc_now()).total_seconds())
        await self._upsert({**docs.secret_item(kind, digest, user, expires_at), "ttl": max(1, left + 60)})

    async def take(self, kind: str, digest: str, now: datetime) -> str | None:
        """Read and remove a secret in one batch: of all who ask at once one gets it."""
        pk = docs.secret_partition(kind, digest)
        try:
            found, _ = await self._items.batch(pk, [("read", (docs.SECRET,)), ("delete", (docs.SECRET,))])
        except BatchConflictError:
            return None
        except BatchDoubtError as doubt:
            raise _unsure(f"whether the {kind} was used", doubt) from doubt
        return _valid(found["resourceBody"], now)

    async def peek(self, kind: str, digest: str, now: datetime) -> str | None:
        """Return a secret's user and keep it."""
        found = await self._items.find(docs.secret_partition(kind, digest), docs.SECRET)
        return None if found is None else _valid(found, now)

    async def _upsert(self, item: Doc) -> None:
        try:
            await self._items.batch(item["pk"], [("upsert", (item,))])
        except (BatchConflictError, BatchDoubtError) as doubt:
            raise _unsure(f"whether {item['type']!r} was written", doubt) from doubt


def _valid(item: Doc, now: datetime) -> str | None:
    return str(item["user_id"]) if item["expires_at"] > docs.micros(now) else None


def _unsure(what: str, doubt: Exception) -> StoreError:
    return StoreError(f"Cosmos DB did not say {what} ({str(doubt)[:300]}): ask again.", store="cosmos")
