"""Whether a container is what the code was written for, and may be read and written: asked once, at start."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from azure.cosmos.exceptions import CosmosResourceNotFoundError

from app.database.refusals import Place, explained, no_lifetime, wrong_key

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

ABSENT = "seatrial-absent"
NO_SUCH_ITEM = (None, 0)


class Expected(Protocol):
    """Be what the code says about the container that it needs."""

    @property
    def partition_key(self) -> str:
        """Return the path of the partition key."""
        ...


async def inspect(
    container: "ContainerProxy", expected: Expected, place: Place, *, expiring: bool
) -> Mapping[str, Any]:
    """Return a container's properties.

    Raise DatabaseRefusedError unless it has the code's partition key and may be written.

    Two requests, the first of which the SDK would make anyway. The right to write is asked for by deleting
    what does not exist: a role that lacks it is refused before that is found out.
    """
    with explained(place):
        properties = dict(await container.read())
    _compare(properties, expected, place, expiring=expiring)
    with explained(place):
        await _delete_nothing(container)
    return properties


def _compare(properties: Any, expected: Expected, place: Place, *, expiring: bool) -> None:
    paths = (properties.get("partitionKey") or {}).get("paths") or []
    if paths != [expected.partition_key]:
        raise wrong_key(place, ", ".join(map(repr, paths)) or "none", expected.partition_key)
    if expiring and properties.get("defaultTtl") is None:
        raise no_lifetime(place)


async def _delete_nothing(container: "ContainerProxy") -> None:
    try:
        await container.delete_item(ABSENT, partition_key=ABSENT)
    except CosmosResourceNotFoundError as error:
        if error.sub_status not in NO_SUCH_ITEM:
            raise
