"""Items of one container: read, queried and written in batches, with errors that say what to do."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from frmk.checkpoint.cosmos.charges import OnCharge
from frmk.errors import StoreError
from frmk.runs.cosmos_charges import reported
from frmk.runs.cosmos_payload import Doc, unpacked

Operation = tuple[str, tuple[Any, ...]] | tuple[str, tuple[Any, ...], dict[str, Any]]

UNCHANGED: Doc = {}
_CONFLICTS = frozenset({404, 409, 412, 449})
_TRANSIENT = frozenset({408, 410, 500, 502, 503, 504})
_ADVICE = {
    401: "the credential is not accepted: look at the key, or at the identity's token",
    403: "give the app's identity the role Cosmos DB Built-in Data Contributor on the account or database",
    404: "the database or container is absent: deploy it with the infrastructure program",
    413: "an item or batch is too large: send less in one request",
    429: "the container's throughput is used up: raise it, or lower the load",
}


class BatchConflictError(Exception):
    """Say that a guard of a batch failed: nothing of it was written."""


class BatchDoubtError(Exception):
    """Say that it is not known whether a batch was written."""


class Items:
    """Read and write the items of one container."""

    def __init__(self, container: ContainerProxy, on_charge: OnCharge | None = None) -> None:
        self._container = container
        self._on_charge = on_charge

    async def read(self, pk: str, item_id: str) -> Doc | None:
        """Return an item, or None; another replica's last moments may be missing (session consistency)."""
        return await self.read_newer(pk, item_id, None)

    async def read_newer(self, pk: str, item_id: str, etag: str | None) -> Doc | None:
        """Return an item, None if it is absent, or UNCHANGED if it still has this ETag."""
        match: dict[str, Any] = {}
        if etag is not None:
            match = {"etag": etag, "match_condition": MatchConditions.IfModified}
        try:
            with self.explained():
                found = await self._container.read_item(item_id, pk, **match, **self._reported())
        except CosmosResourceNotFoundError:
            return None
        return dict(found) if "id" in found else UNCHANGED

    async def read_latest(self, pk: str, item_id: str) -> Doc | None:
        """Return an item as the write region's primary has it: a batch, unlike a read, always asks there."""
        try:
            (answer,) = await self.batch(pk, [("read", (item_id,))])
        except BatchConflictError:
            return None
        except BatchDoubtError as doubt:
            raise self._explain(doubt) from doubt
        return dict(answer["resourceBody"])

    async def find(self, pk: str, item_id: str) -> Doc | None:
        """Return an item; what seems absent is asked for at the primary before it is."""
        return await self.read(pk, item_id) or await self.read_latest(pk, item_id)

    async def text(self, item: Mapping[str, Any]) -> str:
        """Return the text that an item and its parts hold."""
        names = item.get("parts", ())
        parts = await asyncio.gather(*(self.find(item["pk"], name) for name in names))
        missing = [name for name, part in zip(names, parts, strict=True) if part is None]
        if missing:
            raise StoreError(
                f"Item {item['id']!r} lacks its part {missing[0]!r}: it expired, or is being deleted. "
                "Ask again; if it stays so, restore the container.",
                store="cosmos",
            )
        return unpacked(item, [part for part in parts if part is not None])

    async def query(
        self, text: str, *, pk: str | None = None, page: int = 100, **parameters: Any
    ) -> AsyncGenerator[Doc]:
        """Yield what a query finds, in one partition, or without `pk` in all of them."""
        scope: dict[str, Any] = {"partition_key": pk} if pk else {}
        told = [{"name": f"@{name}", "value": value} for name, value in parameters.items()]
        with self.explained():
            found = self._container.query_items(
                text, parameters=told, max_item_count=page, **scope, **self._reported()
            )
            async for item in found:
                yield dict(item)

    async def first(self, text: str, limit: int, *, pk: str | None = None, **parameters: Any) -> list[Doc]:
        """Return the first items that a query finds: one request, where they fit a page."""
        found: list[Doc] = []
        async with aclosing(self.query(text, pk=pk, page=limit, **parameters)) as items:
            async for item in items:
                found.append(item)
                if len(found) == limit:
                    break
        return found

    async def batch(self, pk: str, operations: Sequence[Operation]) -> list[dict[str, Any]]:
        """Do all of it or nothing; raise BatchConflictError, BatchDoubtError or StoreError."""
        try:
            return list(await self._container.execute_item_batch(list(operations), pk, **self._reported()))
        except HttpResponseError as error:
            if error.status_code in _CONFLICTS:
                raise BatchConflictError(str(error)) from error
            if error.status_code in _TRANSIENT:
                raise BatchDoubtError(str(error)) from error
            raise self._explain(error) from error
        except (ServiceRequestError, ServiceResponseError, TimeoutError) as error:
            raise BatchDoubtError(str(error)) from error
        except AzureError as error:
            raise self._explain(error) from error

    def _reported(self) -> dict[str, Any]:
        return reported(self._on_charge)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn the SDK's errors into StoreError; an absent item stays what it is."""
        try:
            yield
        except CosmosResourceNotFoundError:
            raise
        except (AzureError, TimeoutError) as error:
            raise self._explain(error) from error

    def _explain(self, error: Exception) -> StoreError:
        status = getattr(error, "status_code", None)
        said = " ".join(str(error).split())[:300]
        where = f"Cosmos container {self._container.id!r}"
        if status is None:
            return StoreError(f"{where} gave no answer ({said}): look at the network.", store="cosmos")
        advice = _ADVICE.get(status, "look at the account's status in the portal, then ask again")
        return StoreError(f"{where} answered {status} ({said}): {advice}.", store="cosmos")
