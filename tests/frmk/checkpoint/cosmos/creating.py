"""Containers made as the infrastructure makes them, for the tests of what stands in them."""

from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy

from frmk.checkpoint.cosmos.containers import ContainerShape


async def create(database: DatabaseProxy, shape: ContainerShape, name: str | None = None) -> ContainerProxy:
    """Create a container of that shape."""
    return await database.create_container(
        name or shape.name,
        partition_key=PartitionKey(shape.partition_key),
        default_ttl=shape.default_ttl,
        indexing_policy=dict(shape.indexing_policy()),
    )
