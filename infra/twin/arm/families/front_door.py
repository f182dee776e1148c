"""Front Door in ARM: profiles, endpoints, origins, routes, and the firewall's policies."""

from dataclasses import dataclass
from typing import Any, Protocol

from typing_extensions import override

from infra.twin.arm.behaviour import ArmRequest, Resource, ResourceStore
from infra.twin.arm.families.edge import refused
from infra.twin.arm.families.recorded import Recorded, kept, stable_guid
from infra.twin.arm.ids import ResourceId

_SKUS = ("Standard_AzureFrontDoor", "Premium_AzureFrontDoor")
_INTERVAL = range(1, 256)


class DoorRuntime(Protocol):
    """Pass requests on as Front Door does."""

    def front_door_address(self, endpoint: ResourceId) -> str:
        """Return the host of an endpoint."""
        ...

    async def lead(self, route: Resource, state: ResourceStore) -> None:
        """Open the way of a route."""
        ...

    async def leave(self, route: Resource) -> None:
        """Close the way of a route."""
        ...


class Profile(Recorded):
    """Give a profile its id, which it sends along with every request."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse tiers that are no Front Door's, and a step down, which Azure does not take."""
        sku = _sku(request.body)
        if sku not in _SKUS:
            message = f"The sku '{sku}' is not supported for new profiles. Allowed: {', '.join(_SKUS)}."
            raise refused(request, "BadRequest", message, f"choose one of {', '.join(_SKUS)}")
        before = _sku(request.existing.body) if request.existing else sku
        if before == _SKUS[1] and sku == _SKUS[0]:
            message = "Downgrade from Premium_AzureFrontDoor to Standard_AzureFrontDoor is not supported."
            raise refused(request, "BadRequest", message, "stay with Premium, or make a new profile")

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the id."""
        guid = kept(request, "frontDoorId", stable_guid(request.id.path))
        return {"frontDoorId": guid, "resourceState": "Active"}


@dataclass(frozen=True)
class Endpoint(Recorded):
    """Give an endpoint its host."""

    runtime: DoorRuntime

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the host."""
        return {"hostName": self.runtime.front_door_address(request.id), "deploymentStatus": "NotStarted"}


class OriginGroup(Recorded):
    """Check how the health of an origin is asked for."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse a probe without a path from the root, and one outside Azure's pace."""
        probe = request.properties.get("healthProbeSettings") or {}
        path = str(probe.get("probePath") or "/")
        interval = probe.get("probeIntervalInSeconds", 100)
        if not path.startswith("/"):
            message = f"ProbePath '{path}' is invalid: it must be relative to the origin and begin with '/'."
            raise refused(request, "BadRequest", message, "write the path from the root: /health/live")
        if interval not in _INTERVAL:
            message = f"ProbeIntervalInSeconds '{interval}' is invalid: it must be between 1 and 255."
            raise refused(request, "BadRequest", message, "choose 1 to 255 seconds")


@dataclass(frozen=True)
class Route(Recorded):
    """Open the way of a route."""

    runtime: DoorRuntime

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse a route to a group without an origin."""
        group = str((request.properties.get("originGroup") or {}).get("id") or "")
        origins = state.below(group) if group else []
        if not any(one.properties.get("enabledState", "Enabled") == "Enabled" for one in origins):
            message = (
                "Please make sure that the originGroup is created successfully and at least one enabled "
                "origin is created under the origin group."
            )
            raise refused(request, "BadRequest", message, "let the route depend on the origin")

    @override
    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        """Open the way."""
        await self.runtime.lead(resource, state)

    @override
    async def after_delete(self, resource: Resource, state: ResourceStore) -> None:
        """Close the way."""
        await self.runtime.leave(resource)


class FirewallPolicy(Recorded):
    """Check a firewall's policy against its tier."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse managed rules outside Premium, and two custom rules of one priority."""
        managed = (request.properties.get("managedRules") or {}).get("managedRuleSets") or []
        if managed and _sku(request.body) != _SKUS[1]:
            message = f"Managed rule sets are not supported on {_sku(request.body)}: they need {_SKUS[1]}."
            fix = "set frontDoor.sku to Premium, or leave the managed rules out"
            raise refused(request, "BadRequest", message, fix, "ST037")
        custom = (request.properties.get("customRules") or {}).get("rules") or []
        priorities = [rule.get("priority") for rule in custom]
        if len(set(priorities)) != len(priorities):
            message = f"The priorities of custom rules must be unique; they are {priorities}."
            raise refused(request, "BadRequest", message, "give each rule its own priority")


class SecurityPolicy(Recorded):
    """Check that a firewall fits the profile it guards."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse a policy of another tier."""
        parameters = request.properties.get("parameters") or {}
        policy = state.get(str((parameters.get("wafPolicy") or {}).get("id") or ""))
        profile = state.get(request.id.parent)
        if policy is None or profile is None:
            return
        tiers = _sku(policy.body), _sku(profile.body)
        if tiers[0] != tiers[1]:
            message = (
                f"The WAF policy is {tiers[0]} and the profile {tiers[1]}: their tiers must be the same."
            )
            fix = "give policy and profile the same sku; a policy's cannot be changed, make a new one"
            raise refused(request, "BadRequest", message, fix, "ST037")


def _sku(body: dict[str, Any]) -> str:
    return str((body.get("sku") or {}).get("name") or "")
