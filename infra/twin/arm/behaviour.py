"""The seam between the ARM router and what a resource type does: requests, resources, problems."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from infra.findings.model import Finding
from infra.twin.arm.ids import ResourceId


class ArmProblem(Exception):  # noqa: N818 - an answer in the making, caught by the router alone
    """Refuse a request, or fail its operation, in ARM's words; `finding` says the next step in ours."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str | None = None,
        finding: Finding | None = None,
        details: Sequence["ArmProblem"] = (),
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.finding = finding
        self.details = tuple(details)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the findings of this problem and of its details."""
        own = () if self.finding is None else (self.finding,)
        return own + tuple(found for detail in self.details for found in detail.findings)

    def wire(self) -> dict[str, Any]:
        """Return ARM's error object, without the outer `error` key."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target is not None:
            body["target"] = self.target
        if self.details:
            body["details"] = [detail.wire() for detail in self.details]
        if self.finding is not None:
            body["additionalInfo"] = [{"type": "SeaTrialFinding", "info": self.finding.model_dump()}]
        return body


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Hold one resource as GET returns it: `body` has id, name, type, location, properties, ….

    A Resource is a snapshot: mutate through ResourceStore.set_properties, never in place.
    """

    id: ResourceId
    api_version: str
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the last segment of the id as the client wrote it."""
        return self.id.name

    @property
    def type(self) -> str:
        """Return the full type, for instance `Microsoft.App/containerApps`."""
        return self.id.type

    @property
    def properties(self) -> dict[str, Any]:
        """Return the properties object of the body."""
        properties: dict[str, Any] = self.body.get("properties", {})
        return properties

    @property
    def identity_ids(self) -> tuple[str, ...]:
        """Return the resource ids of the user-assigned identities that the resource carries."""
        identity = self.body.get("identity") or {}
        return tuple(identity.get("userAssignedIdentities") or ())


@dataclass(frozen=True, kw_only=True)
class ArmRequest:
    """Hold one checked write: the body has passed the type check, read-only properties are gone.

    `body` of a PATCH is already merged into what exists. `existing` is None when the resource is new.
    `caller` is the principal id of whoever asks.
    """

    method: str
    id: ResourceId
    api_version: str
    body: dict[str, Any]
    existing: Resource | None
    caller: str

    @property
    def properties(self) -> dict[str, Any]:
        """Return the properties object of the body."""
        properties: dict[str, Any] = self.body.get("properties", {})
        return properties

    @property
    def identity_ids(self) -> tuple[str, ...]:
        """Return the resource ids of the user-assigned identities that the body names."""
        identity = self.body.get("identity") or {}
        return tuple(identity.get("userAssignedIdentities") or ())


class ResourceStore(Protocol):
    """Read every resource of the twin; ids compare without regard to case, as in ARM."""

    def get(self, resource_id: str | ResourceId) -> Resource | None:
        """Return one resource, or None."""
        ...

    def of_type(self, resource_type: str) -> list[Resource]:
        """Return the resources of one full type in the order of their creation."""
        ...

    def below(self, resource_id: str | ResourceId) -> list[Resource]:
        """Return everything whose id lies below this one: children and extension resources."""
        ...

    def set_properties(self, resource_id: str | ResourceId, changes: dict[str, Any]) -> Resource:
        """Merge `changes` into the properties of a resource (JSON merge patch), save, and return it.

        Raises KeyError when there is no such resource.
        """
        ...


class Behaviour(Protocol):
    """Say what one resource type does beyond being recorded."""

    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Raise ArmProblem when Azure would refuse the request before it starts."""
        ...

    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Return what Azure fills in: merged into `properties` after the request's own values."""
        ...

    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        """Do the long-running part; ArmProblem makes the operation and provisioningState Failed."""
        ...

    async def after_delete(self, resource: Resource, state: ResourceStore) -> None:
        """Undo what after_put did; called once the resource is gone from the store."""
        ...
