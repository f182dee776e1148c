"""A container as the infrastructure creates it, savers on it, and a look at all that it holds."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy

from frmk.checkpoint.cosmos import CHECKPOINTS, CosmosSaver, Meter
from tests.database import DatabaseServer, cosmos_database, database_clock, database_server
from tests.frmk.checkpoint.cosmos.faults import FaultyTransport

__all__ = ["cosmos_database", "database_clock", "database_server"]


@pytest.fixture
async def container(cosmos_database: DatabaseProxy) -> ContainerProxy:
    return await cosmos_database.create_container(
        CHECKPOINTS.name,
        PartitionKey(CHECKPOINTS.partition_key),
        indexing_policy=dict(CHECKPOINTS.indexing_policy()),
        default_ttl=CHECKPOINTS.default_ttl,
    )


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
def saver(container: ContainerProxy, meter: Meter) -> CosmosSaver:
    return CosmosSaver(container, on_charge=meter)


@pytest.fixture
def transport() -> FaultyTransport:
    return FaultyTransport()


@pytest.fixture
async def faulty(
    database_server: DatabaseServer, container: ContainerProxy, transport: FaultyTransport
) -> AsyncIterator[ContainerProxy]:
    """Yield the same container through a transport that goes wrong on demand."""
    database = container.container_link.split("/")[1]
    async with database_server.client(transport=transport, retry_throttle_total=2) as client:
        yield client.get_database_client(database).get_container_client(container.id)


async def everything(container: ContainerProxy) -> list[dict[str, Any]]:
    """Scan the container."""
    return [item async for item in container.query_items("SELECT * FROM c")]
