"""The regions of a database account: how many, in which order, and when they may change."""

from typing import Any

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest
from infra.twin.arm.places import normalised

_LOCATIONS = "properties.locations"


def check_regions(request: ArmRequest) -> None:
    """Raise ArmProblem where Cosmos DB refuses an account's regions."""
    given = _ordered(request.properties)
    if len(set(given)) < len(given):
        message = f"The locations {', '.join(given)} of the account name one region twice."
        raise _refused(request, message, "name each region once")
    ranks = sorted(int(one.get("failoverPriority") or 0) for one in _locations(request.properties))
    if ranks != list(range(len(ranks))):
        message = f"Failover priorities {ranks} must be unique and go from 0 to {len(ranks) - 1}."
        raise _refused(request, message, "give the region to write in 0, and the others the numbers after it")
    if len(given) > 1 and _is_serverless(request.properties):
        message = f"A serverless account can only be created in one region, not in {', '.join(given)}."
        raise _refused(request, message, "use one region, or provisioned throughput (database.capacity)")
    _check_alone(request, given)


def _check_alone(request: ArmRequest, given: list[str]) -> None:
    """Refuse a change of regions that comes with another one."""
    if request.existing is None or set(_ordered(request.existing.properties)) == set(given):
        return
    before = request.existing.properties
    changed = sorted(
        name
        for name, value in request.properties.items()
        if name != "locations" and name in before and before[name] != value
    )
    if changed:
        message = (
            "You cannot simultaneously add or remove locations and change other properties of the account: "
            f"{', '.join(changed)}."
        )
        raise _refused(request, message, "deploy the change of regions by itself, then the rest")


def _locations(properties: dict[str, Any]) -> list[dict[str, Any]]:
    return list(properties.get("locations") or [])


def _ordered(properties: dict[str, Any]) -> list[str]:
    return [normalised(str(one.get("locationName", ""))) for one in _locations(properties)]


def _is_serverless(properties: dict[str, Any]) -> bool:
    return any(one.get("name") == "EnableServerless" for one in properties.get("capabilities") or [])


def _refused(request: ArmRequest, message: str, fix: str) -> ArmProblem:
    finding = Finding(code="ST002", resource=request.id.path, message=message, fix=fix)
    return ArmProblem(400, "BadRequest", message, target=_LOCATIONS, finding=finding)
