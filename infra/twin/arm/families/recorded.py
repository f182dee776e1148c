"""Types that are recorded and shown, and the ground the other families stand on."""

import uuid
from typing import Any

from infra.twin.arm.behaviour import ArmRequest, Resource, ResourceStore

_SPACE = uuid.UUID("5ea7a1a1-0000-4000-8000-000000000000")


def stable_guid(*parts: str) -> str:
    """Return a GUID that is the same for the same parts, without regard to case."""
    return str(uuid.uuid5(_SPACE, "\n".join(parts).lower()))


class Recorded:
    """Record a resource and fill nothing in."""

    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse nothing."""

    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:  # noqa: ARG002 - for those that do
        """Fill nothing in."""
        return {}

    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        """Do nothing."""

    async def after_delete(self, resource: Resource, state: ResourceStore) -> None:
        """Do nothing."""


def kept(request: ArmRequest, name: str, fresh: str) -> str:
    """Return a filled-in value that an existing resource keeps, or `fresh` for a new one."""
    before = request.existing.properties.get(name) if request.existing else None
    return before if isinstance(before, str) else fresh
