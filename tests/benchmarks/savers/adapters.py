"""How each of the packages is opened on a database of its own.

Runs in the environment of the saver that is measured: only that saver's package is there to import.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from azure.cosmos import CosmosClient, PartitionKey
from azure.cosmos.aio import CosmosClient as AsyncCosmosClient


@asynccontextmanager
async def _container(endpoint: str, key: str, database: str, path: str) -> AsyncIterator[Any]:
    async with AsyncCosmosClient(endpoint, key, connection_verify=False) as client:
        proxy = await client.create_database_if_not_exists(database)
        yield await proxy.create_container_if_not_exists("checkpoints", PartitionKey(path), default_ttl=-1)


@asynccontextmanager
async def seatrial(endpoint: str, key: str, database: str) -> AsyncIterator[Any]:
    from frmk.checkpoint.cosmos import CosmosSaver  # noqa: PLC0415 -- of its own environment

    async with _container(endpoint, key, database, "/pk") as container:
        yield CosmosSaver(container)


@asynccontextmanager
async def official(endpoint: str, key: str, database: str) -> AsyncIterator[Any]:
    from langchain_azure_cosmosdb.aio._langgraph_checkpoint_store import CosmosDBSaver  # noqa: PLC0415

    async with _container(endpoint, key, database, "/partition_key") as container:
        yield CosmosDBSaver(container)


@asynccontextmanager
async def checkpoint_cosmosdb(endpoint: str, key: str, database: str) -> AsyncIterator[Any]:
    from langgraph_checkpoint_cosmosdb import CosmosDBSaver  # noqa: PLC0415

    os.environ.update(COSMOSDB_ENDPOINT=endpoint, COSMOSDB_KEY=key)
    yield CosmosDBSaver(database, "checkpoints")


@asynccontextmanager
async def cosmosdb_checkpointer(endpoint: str, key: str, database: str) -> AsyncIterator[Any]:
    from langgraph_cosmosdb_checkpointer import AsyncCosmosDBSaver, CosmosDBSettings  # noqa: PLC0415

    settings = CosmosDBSettings(database_name=database)
    async with AsyncCosmosDBSaver.from_endpoint(endpoint, credential=key, settings=settings) as saver:
        yield saver


@asynccontextmanager
async def checkpoint_cosmos(endpoint: str, key: str, database: str) -> AsyncIterator[Any]:
    from langgraph_checkpoint_cosmos.aio import AsyncCosmosDBSaver  # noqa: PLC0415

    async with _container(endpoint, key, database, "/partition_key") as container:
        yield AsyncCosmosDBSaver(container)


ADAPTERS = {
    "seatrial": seatrial,
    "langchain-azure-cosmosdb": official,
    "langgraph-checkpoint-cosmosdb": checkpoint_cosmosdb,
    "langgraph-cosmosdb-checkpointer": cosmosdb_checkpointer,
    "langgraph-checkpoint-cosmos": checkpoint_cosmos,
}


def documents_left(endpoint: str, key: str, database: str, mark: str) -> int:
    """Count the documents in which a mark occurs, in every container of a database."""
    with CosmosClient(endpoint, key, connection_verify=False) as client:
        proxy = client.get_database_client(database)
        containers = [proxy.get_container_client(found["id"]) for found in proxy.list_containers()]
        items = [
            item
            for container in containers
            for item in container.query_items("SELECT * FROM c", enable_cross_partition_query=True)
        ]
    return sum(mark in str(item) for item in items)
