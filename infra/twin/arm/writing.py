"""What a write makes of a request: the body fitted to its type, and the resource that is stored."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.twin.arm import problems
from infra.twin.arm.behaviour import ArmRequest, Resource
from infra.twin.arm.families.identities import filled_identity
from infra.twin.arm.ids import ResourceId
from infra.twin.arm.kinds import Kinds, is_long
from infra.twin.arm.places import normalised
from infra.twin.arm.store import DiskStore, merge
from infra.twin.arm.types import ResourceType


@dataclass(frozen=True)
class Writing:
    """Fit and compose resources of one tenant."""

    kinds: Kinds
    store: DiskStore
    tenant: str

    def fitted(
        self, kind: ResourceType, resource_id: ResourceId, body: dict[str, Any], api_version: str
    ) -> dict[str, Any]:
        """Return a body as its type reads it; raise ArmProblem with everything that does not fit."""
        wrong_name = self.kinds.table.fit_name(kind, resource_id.name)
        if wrong_name is not None:
            raise problems.misfit(resource_id, wrong_name)
        fitted, found = self.kinds.table.fit(kind, body)
        if api_version != kind.api_versions[0]:
            # The type of another version is not carried: what only that one has is left out, not refused.
            found = [misfit for misfit in found if misfit.kind != "unknown"]
        if found:
            raise problems.misfits(resource_id, found)
        if "location" in fitted:
            fitted["location"] = normalised(fitted["location"])
        return fitted

    def composed(self, kind: ResourceType, request: ArmRequest, filled: dict[str, Any]) -> Resource:
        """Return the resource that a request makes, with what its behaviour filled in."""
        envelope: dict[str, Any] = {"id": request.id.path, "name": request.id.name, "type": kind.name}
        members = self.kinds.table.types[kind.body]["p"]
        if "systemData" in members:
            envelope["systemData"] = _system_data(request)
        properties = merge(request.properties, filled)
        if self.kinds.settles(kind):
            properties["provisioningState"] = "InProgress" if is_long(kind) else "Succeeded"
        body = {**envelope, **request.body}
        if properties:
            body["properties"] = properties
        if "identity" in body:
            body["identity"] = filled_identity(body["identity"], request.id, self.store, self.tenant)
        return Resource(id=request.id, api_version=request.api_version, body=body)


def _system_data(request: ArmRequest) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    before = (request.existing.body.get("systemData") or {}) if request.existing else {}
    return {
        "createdBy": before.get("createdBy", request.caller),
        "createdByType": before.get("createdByType", "Application"),
        "createdAt": before.get("createdAt", now),
        "lastModifiedBy": request.caller,
        "lastModifiedByType": "Application",
        "lastModifiedAt": now,
    }
