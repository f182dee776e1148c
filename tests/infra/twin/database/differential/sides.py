"""Do an operation on one side through the SDK, and return what a caller sees of it."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError

from tests.infra.twin.database.differential.generator import Operation

SYSTEM = ("_rid", "_self", "_etag", "_ts", "_attachments")
WRITES = ("create", "upsert", "replace", "delete", "patch")
STALE = '"00000000-0000-0000-0000-000000000000"'
_CONDITIONS = {
    "current": MatchConditions.IfNotModified,
    "stale": MatchConditions.IfNotModified,
    "*": MatchConditions.IfPresent,
    "not-current": MatchConditions.IfModified,
    "not-stale": MatchConditions.IfModified,
}


@dataclass(frozen=True)
class Outcome:
    """What came back: status (200 when the SDK tells none), sub status, results without system fields."""

    status: int
    sub_status: int = 0
    value: Any = None
    message: str = field(default="", compare=False)


class Side:
    """One database's container, and the ETags that its items have had."""

    def __init__(self, container: ContainerProxy) -> None:
        self._container = container
        self._etags: dict[tuple[str | None, str], list[str]] = {}

    async def apply(self, operation: Operation) -> Outcome:
        """Return the outcome of an operation; what the SDK itself refuses has status 0."""
        try:
            return Outcome(200, value=await getattr(self, f"_{operation.kind}")(operation))
        except CosmosBatchOperationError as error:
            statuses = [response["statusCode"] for response in error.operation_responses]
            return Outcome(error.status_code, value=(error.error_index, statuses), message=error.message)
        except HttpResponseError as error:
            sub_status = getattr(error, "sub_status", None) or 0
            return Outcome(int(error.status_code or 0), sub_status, message=str(error.message))
        except (ValueError, TypeError, KeyError) as error:
            return Outcome(0, value=type(error).__name__, message=str(error))

    async def forget(self, operation: Operation) -> None:
        """Remove the items of an operation, so that both sides go on from the same state."""
        for item in touched(operation):
            with suppress(HttpResponseError):
                await self._container.delete_item(item, operation.partition)

    def _condition(self, operation: Operation) -> dict[str, Any]:
        if operation.etag is None:
            return {}
        known = self._etags.get((operation.partition, operation.item), [STALE])
        etag = known[-1] if operation.etag.endswith("current") else STALE
        condition = _CONDITIONS[operation.etag]
        return {"match_condition": condition} | (
            {"etag": etag} if condition != MatchConditions.IfPresent else {}
        )

    def _seen(self, operation: Operation, document: Any) -> Any:
        plain = dict(document)
        if "_etag" in plain:
            assert all(name in plain for name in ("_rid", "_self", "_ts")), plain
            self._etags.setdefault((operation.partition, operation.item), []).append(plain["_etag"])
        return stripped(plain)

    async def _create(self, operation: Operation) -> Any:
        return self._seen(operation, await self._container.create_item(operation.body))

    async def _upsert(self, operation: Operation) -> Any:
        condition = self._condition(operation)
        return self._seen(operation, await self._container.upsert_item(operation.body, **condition))

    async def _replace(self, operation: Operation) -> Any:
        condition = self._condition(operation)
        found = await self._container.replace_item(operation.item, operation.body, **condition)
        return self._seen(operation, found)

    async def _read(self, operation: Operation) -> Any:
        condition = self._condition(operation)
        found = await self._container.read_item(operation.item, operation.partition, **condition)
        return self._seen(operation, found)

    async def _delete(self, operation: Operation) -> Any:
        condition = self._condition(operation)
        await self._container.delete_item(operation.item, operation.partition, **condition)

    async def _patch(self, operation: Operation) -> Any:
        condition = self._condition(operation)
        found = await self._container.patch_item(
            operation.item, operation.partition, operation.body, **condition
        )
        return self._seen(operation, found)

    async def _batch(self, operation: Operation) -> Any:
        results = await self._container.execute_item_batch(operation.body, operation.partition)
        return [(result["statusCode"], stripped(result.get("resourceBody") or {})) for result in results]

    async def _query(self, operation: Operation) -> Any:
        scope = {} if operation.partition is None else {"partition_key": operation.partition}
        page = operation.options.get("page")
        found = self._container.query_items(
            operation.item, parameters=operation.body, max_item_count=page, **scope
        )
        rows = [stripped(item) async for item in found]
        return rows if "ordered" in operation.options else unordered(rows)

    async def _all(self, _: Operation) -> Any:
        return unordered([stripped(item) async for item in self._container.read_all_items()])

    async def _clear(self, operation: Operation) -> Any:
        await self._container.delete_all_items_by_partition_key(operation.partition)


def touched(operation: Operation) -> list[str]:
    """Return the ids of the items that an operation may have written."""
    if operation.kind == "batch":
        steps = [arguments[0] for _, arguments, _ in operation.body]
        return [step["id"] if isinstance(step, dict) else step for step in steps]
    return [operation.item] if operation.kind in WRITES else []


def stripped(value: Any) -> Any:
    """Return a result without what each database makes up by itself, its numbers as IEEE 754 doubles."""
    if isinstance(value, dict):
        return {name: stripped(item) for name, item in value.items() if name not in SYSTEM}
    if isinstance(value, list):
        return [stripped(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def unordered(rows: list[Any]) -> list[Any]:
    """Return rows in an order of our own: without ORDER BY the service promises none."""
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
