"""User-assigned identities, and the identity block that other resources carry."""

import uuid
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from infra.twin.arm.behaviour import ArmRequest, ResourceStore
from infra.twin.arm.families.recorded import Recorded, kept, stable_guid
from infra.twin.arm.ids import ResourceId


@dataclass(frozen=True)
class UserAssignedIdentity(Recorded):
    """Give an identity its principal, which lives as long as the resource."""

    tenant: str

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the ids that roles and tokens name."""
        return {
            "tenantId": self.tenant,
            "principalId": kept(request, "principalId", str(uuid.uuid4())),
            "clientId": kept(request, "clientId", str(uuid.uuid4())),
        }


def filled_identity(
    block: dict[str, Any], owner: ResourceId, state: ResourceStore, tenant: str
) -> dict[str, Any]:
    """Return a resource's identity block with the principals that Azure adds."""
    filled = dict(block)
    assigned = block.get("userAssignedIdentities")
    if assigned:
        filled["userAssignedIdentities"] = {one: _principal(one, state) for one in assigned}
    if "SystemAssigned" in str(block.get("type", "")):
        filled |= {"principalId": stable_guid("system", owner.path), "tenantId": tenant}
    return filled


def _principal(identity_id: str, state: ResourceStore) -> dict[str, str]:
    found = state.get(identity_id)
    properties = found.properties if found else {}
    return {name: properties[name] for name in ("principalId", "clientId") if name in properties}
