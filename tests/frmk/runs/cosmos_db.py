"""A fresh container for the Cosmos store, as the infrastructure creates it, and all that it holds."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy

from frmk.runs.cosmos_container import RUNS
from tests.database import DatabaseServer

INDEXING: dict[str, Any] = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [{"path": path} for path in RUNS.include],
    "excludedPaths": [{"path": path} for path in RUNS.exclude],
}


async def runs_container(database: DatabaseProxy, **changed: Any) -> ContainerProxy:
    wanted = {"indexing_policy": INDEXING, "default_ttl": RUNS.default_ttl, **changed}
    return await database.create_container(RUNS.name, PartitionKey(RUNS.partition_key), **wanted)


@asynccontextmanager
async def fresh_container(server: DatabaseServer, **options: Any) -> AsyncIterator[ContainerProxy]:
    async with server.database(**options) as database:
        yield await runs_container(database)


async def everything(container: ContainerProxy) -> list[dict[str, Any]]:
    return [item async for item in container.query_items("SELECT * FROM c")]


class Meter:
    """Count requests and what they are charged, by operation."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.units: dict[str, float] = {}
        self.threads: set[str | None] = set()

    def __call__(self, charge: Any) -> None:
        self.requests[charge.operation] += 1
        self.units[charge.operation] = self.units.get(charge.operation, 0.0) + charge.request_units
        self.threads.add(charge.thread_id)

    def clear(self) -> None:
        self.requests.clear()
        self.units.clear()
