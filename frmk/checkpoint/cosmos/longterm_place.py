"""Where memories stand: the container, how it is parted, and who is told what a request cost."""

from dataclasses import dataclass
from typing import Any

from azure.cosmos.aio import ContainerProxy

from frmk.checkpoint.cosmos.charges import OnCharge, hook
from frmk.checkpoint.cosmos.containers import ContainerShape
from frmk.checkpoint.cosmos.longterm_documents import partition_of

# Values are indexed, for searches filter by them; what no search reads is not.
MEMORIES = ContainerShape(
    name="memories",
    partition_key="/pk",
    default_ttl=-1,
    include=("/*",),
    exclude=("/v/?", "/key/?", "/created/?", "/read/?", '/"_etag"/?'),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Hold a container, the labels of a namespace that make its partition, and the listener for charges."""

    container: ContainerProxy
    depth: int
    on_charge: OnCharge | None = None

    def partition(self, namespace: tuple[str, ...]) -> str:
        """Return the partition of a namespace."""
        return partition_of(namespace, self.depth)

    def scope(self, prefix: tuple[str, ...]) -> dict[str, Any]:
        """Return the argument that keeps a query in one partition, where the prefix says which."""
        return {"partition_key": self.partition(prefix)} if len(prefix) >= self.depth else {}

    def metered(self, operation: str) -> dict[str, Any]:
        """Return the argument that reports what a request cost."""
        return {} if self.on_charge is None else {"raw_response_hook": hook(self.on_charge, operation)}
