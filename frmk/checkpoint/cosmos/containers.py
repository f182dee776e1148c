"""The container that the code expects; the infrastructure creates exactly this."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ContainerShape:
    """Describe a container: name, partition key path, default lifetime in seconds, indexed paths.

    A lifetime of -1 means that nothing expires unless an item carries a lifetime of its own.
    """

    name: str
    partition_key: str
    default_ttl: int
    include: tuple[str, ...]
    exclude: tuple[str, ...]

    def indexing_policy(self) -> Mapping[str, Any]:
        """Return the policy as the service takes it."""
        return {
            "indexingMode": "consistent",
            "automatic": True,
            "includedPaths": [{"path": path} for path in self.include],
            "excludedPaths": [{"path": path} for path in self.exclude],
        }


CHECKPOINTS = ContainerShape(
    name="checkpoints",
    partition_key="/pk",
    default_ttl=-1,
    include=("/pk/?", "/s/?", "/run/?"),
    exclude=("/*", '/"_etag"/?'),
)
