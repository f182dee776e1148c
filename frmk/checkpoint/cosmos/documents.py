"""Requests on one container: counted, and repeated while the service throttles.

Every write is safe to repeat: what is created has an id that its content decides, and a conflict is looked
into by the caller.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosResourceNotFoundError

from frmk.checkpoint.cosmos.charges import OnCharge, PipelineAnswer, hook
from frmk.checkpoint.cosmos.errors import ThrottledError
from frmk.checkpoint.cosmos.keys import Span

Document = dict[str, Any]
Operation = tuple[Any, ...]
T = TypeVar("T")

BATCH_OPERATIONS = 100
# Half of what the service takes: aiohttp warns of bodies above one mebibyte.
BATCH_CHARACTERS = 1_000_000
_AGAIN = frozenset({408, 429, 449, 503})
_NOT_OFFERED = frozenset({400, 403, 404, 405, 501})
_LONGEST_WAIT = 1.0
# The SDK has tried each of these several times by itself.
_LOST_CONNECTIONS = 2
_DOWNWARDS = "SELECT * FROM c WHERE c.s >= @low AND c.s < @high ORDER BY c.s DESC"


class Documents:
    """Read and write documents of one container, partition by partition."""

    def __init__(self, container: ContainerProxy, *, on_charge: OnCharge, throttle_budget: float) -> None:
        self._container = container
        self._on_charge = on_charge
        self._budget = throttle_budget
        self._deletes_partitions = True

    @property
    def link(self) -> str:
        """Name the container among those of the account."""
        return str(self._container.container_link)

    async def create(self, document: Document, thread_id: str) -> None:
        """Create a document. Raises CosmosResourceExistsError where its id is taken."""
        report = hook(self._on_charge, "create", thread_id)
        await self._go(
            lambda: self._container.create_item(document, no_response=True, raw_response_hook=report),
            "create",
        )

    async def upsert(self, document: Document, thread_id: str) -> None:
        """Write a document, whatever stood there."""
        report = hook(self._on_charge, "upsert", thread_id)
        await self._go(
            lambda: self._container.upsert_item(document, no_response=True, raw_response_hook=report),
            "upsert",
        )

    async def replace(self, document: Document, etag: str, thread_id: str) -> None:
        """Replace the version of a document that was read. Raises CosmosAccessConditionFailedError."""
        report = hook(self._on_charge, "replace", thread_id)
        await self._go(
            lambda: self._container.replace_item(
                document["id"],
                document,
                etag=etag,
                match_condition=MatchConditions.IfNotModified,
                no_response=True,
                raw_response_hook=report,
            ),
            "replace",
        )

    async def read(self, partition: str, item: str, thread_id: str) -> Document | None:
        """Return a document by id."""
        report = hook(self._on_charge, "read", thread_id)
        try:
            return dict(
                await self._go(
                    lambda: self._container.read_item(item, partition, raw_response_hook=report), "read"
                )
            )
        except CosmosResourceNotFoundError:
            return None

    async def batch(self, partition: str, operations: Sequence[Operation], thread_id: str) -> None:
        """Do all of the operations or none. Raises CosmosBatchOperationError."""
        report = hook(self._on_charge, "batch", thread_id)
        await self._go(
            lambda: self._container.execute_item_batch(list(operations), partition, raw_response_hook=report),
            "batch",
        )

    async def descend(
        self, partition: str, span: Span, *, thread_id: str, first: int, rest: int | None = None
    ) -> AsyncIterator[Document]:
        """Yield the documents of a range from the highest sort key down, a page at a time."""
        size, (low, high) = first, span
        while True:
            page, more = await self._page(partition, Span(low, high), size, thread_id)
            for document in page:
                yield document
            if not page or not more:
                return
            size, high = rest or first, page[-1]["s"]

    async def query(
        self, text: str, parameters: Mapping[str, Any], *, partition: str | None, thread_id: str | None = None
    ) -> list[Any]:
        """Return all answers to a query, of one partition or of all."""
        report = hook(self._on_charge, "query", thread_id)
        place: dict[str, Any] = {} if partition is None else {"partition_key": partition}

        async def ask() -> list[Any]:
            answers = self._container.query_items(
                text, parameters=_named(parameters), raw_response_hook=report, **place
            )
            return [answer async for answer in answers]

        return await self._go(ask, "query")

    async def delete(self, partition: str, ids: Sequence[str], thread_id: str) -> None:
        """Delete documents, in batches; those that are gone already are no error."""
        for start in range(0, len(ids), BATCH_OPERATIONS):
            waiting = list(ids[start : start + BATCH_OPERATIONS])
            while waiting:
                try:
                    await self.batch(partition, [("delete", (item,)) for item in waiting], thread_id)
                    break
                except CosmosBatchOperationError as error:
                    if error.status_code != 404 or error.error_index is None:  # noqa: PLR2004
                        raise
                    del waiting[error.error_index]

    async def delete_partition(self, partition: str, thread_id: str) -> None:
        """Delete everything in a partition: in one request where the account offers it, else in batches."""
        if self._deletes_partitions and await self._delete_at_once(partition, thread_id):
            return
        found = "SELECT VALUE c.id FROM c"
        while ids := await self.query(found, {}, partition=partition, thread_id=thread_id):
            await self.delete(partition, ids, thread_id)

    async def _delete_at_once(self, partition: str, thread_id: str) -> bool:
        report = hook(self._on_charge, "delete_partition", thread_id)
        try:
            await self._go(
                lambda: self._container.delete_all_items_by_partition_key(
                    partition, raw_response_hook=report
                ),
                "delete_partition",
            )
        except HttpResponseError as error:
            if error.status_code not in _NOT_OFFERED:
                raise
            self._deletes_partitions = False
        return self._deletes_partitions

    async def _page(
        self, partition: str, span: Span, size: int, thread_id: str
    ) -> tuple[list[Document], bool]:
        more = False
        report = hook(self._on_charge, "query", thread_id)

        def note(answer: PipelineAnswer) -> None:
            # The pager's own token is read off the client, where concurrent requests overwrite it.
            nonlocal more
            more = bool(answer.http_response.headers.get("x-ms-continuation"))
            report(answer)

        async def ask() -> list[Document]:
            pages = self._container.query_items(
                _DOWNWARDS,
                parameters=_named({"low": span.low, "high": span.high}),
                partition_key=partition,
                max_item_count=size,
                raw_response_hook=note,
            ).by_page()
            async for page in pages:
                return [document async for document in page]
            return []

        return await self._go(ask, "query"), more

    async def _go(self, request: Callable[[], Awaitable[T]], operation: str) -> T:
        deadline = time.monotonic() + self._budget
        tries = lost = 0
        while True:
            try:
                return await request()
            except (HttpResponseError, ServiceRequestError, ServiceResponseError) as error:
                lost += not isinstance(error, HttpResponseError)
                if not _again(error, lost):
                    raise
                wait = _wait(error, tries)
                if time.monotonic() + wait > deadline:
                    raise _spent(error, operation, self._budget) from error
                tries += 1
                await asyncio.sleep(wait)


def _named(parameters: Mapping[str, Any]) -> list[dict[str, object]]:
    return [{"name": f"@{name}", "value": value} for name, value in parameters.items()]


def _again(error: Exception, lost: int) -> bool:
    if isinstance(error, HttpResponseError):
        return error.status_code in _AGAIN
    return lost <= _LOST_CONNECTIONS


def _wait(error: Exception, tries: int) -> float:
    headers = getattr(error, "headers", None) or {}
    asked = float(headers.get("x-ms-retry-after-ms") or 0) / 1000
    wait = asked or min(0.05 * 2**tries, _LONGEST_WAIT)
    return wait * random.uniform(1.0, 1.5)  # noqa: S311 -- spreads waits, guards nothing


def _spent(error: Exception, operation: str, budget: float) -> ThrottledError:
    status = getattr(error, "status_code", None) or type(error).__name__
    return ThrottledError(
        f"Cosmos DB refused {operation!r} ({status}) until the budget of {budget:g} s was spent. "
        "Raise the container's throughput, or the saver's throttle_budget."
    )
