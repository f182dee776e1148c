"""The container that the Cosmos run store expects: the infrastructure creates exactly this one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from frmk.errors import StoreError


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerDescription:
    """Describe a container as code expects it; a `default_ttl` of -1 lets items set their own lifetime."""

    name: str
    partition_key: str
    default_ttl: int
    include: tuple[str, ...]
    exclude: tuple[str, ...]


# Each path is set on few items only (sparse), and payloads have none: an append writes three index terms.
RUNS = ContainerDescription(
    name="runs",
    partition_key="/pk",
    default_ttl=-1,
    include=(
        "/pk/?",
        "/thread/?",
        "/said/?",
        "/listed/?",
        "/journal/?",
        "/upto/?",
        "/lease_until/?",
        "/deleting_since/?",
        "/holder/?",
    ),
    exclude=("/*", '/"_etag"/?'),
)


def check_container(name: str, properties: Mapping[str, Any], expected: ContainerDescription = RUNS) -> None:
    """Raise StoreError unless a container has the partition key and the lifetimes that the code expects."""
    paths = (properties.get("partitionKey") or {}).get("paths")
    if paths != [expected.partition_key]:
        raise StoreError(
            f"Container {name!r} has the partition key {paths}, the run store needs "
            f"['{expected.partition_key}']: a partition key cannot be changed, so create the container anew.",
            store="cosmos",
        )
    if properties.get("defaultTtl") != expected.default_ttl:
        raise StoreError(
            f"Container {name!r} has defaultTtl {properties.get('defaultTtl')!r}, the run store "
            f"needs {expected.default_ttl}: without it tickets and sessions never leave. Set it there.",
            store="cosmos",
        )
