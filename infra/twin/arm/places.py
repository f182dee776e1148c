"""Azure's regions, spelt as ARM stores them."""

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest
from infra.twin.arm.ids import GROUP_TYPE, ResourceId

REGIONS = frozenset(
    {
        "australiacentral",
        "australiaeast",
        "australiasoutheast",
        "austriaeast",
        "belgiumcentral",
        "brazilsouth",
        "canadacentral",
        "canadaeast",
        "centralindia",
        "centralus",
        "chilecentral",
        "eastasia",
        "eastus",
        "eastus2",
        "francecentral",
        "francesouth",
        "germanynorth",
        "germanywestcentral",
        "indonesiacentral",
        "israelcentral",
        "italynorth",
        "japaneast",
        "japanwest",
        "koreacentral",
        "koreasouth",
        "malaysiawest",
        "mexicocentral",
        "newzealandnorth",
        "northcentralus",
        "northeurope",
        "norwayeast",
        "norwaywest",
        "polandcentral",
        "qatarcentral",
        "southafricanorth",
        "southafricawest",
        "southcentralus",
        "southeastasia",
        "southindia",
        "spaincentral",
        "swedencentral",
        "switzerlandnorth",
        "switzerlandwest",
        "uaecentral",
        "uaenorth",
        "uksouth",
        "ukwest",
        "westcentralus",
        "westeurope",
        "westindia",
        "westus",
        "westus2",
        "westus3",
    }
)
GLOBAL_TYPES = frozenset(
    {
        "microsoft.cdn/profiles",
        "microsoft.cdn/profiles/afdendpoints",
        "microsoft.insights/actiongroups",
        "microsoft.insights/metricalerts",
        "microsoft.network/frontdoorwebapplicationfirewallpolicies",
        "microsoft.network/privatednszones",
        "microsoft.network/privatednszones/virtualnetworklinks",
    }
)


def normalised(location: str) -> str:
    """Return a region as ARM stores it: `West Europe` is `westeurope`."""
    return location.replace(" ", "").lower()


def check_place(request: ArmRequest) -> None:
    """Raise ArmProblem for a region that does not exist, lacks the type, or is not where the resource is."""
    location = request.body.get("location")
    if location is None:
        return
    _check_location(request.id, location)
    before = request.existing.body.get("location") if request.existing else None
    if before is not None and before != location:
        raise _moved(request.id, before, location)


def _check_location(resource_id: ResourceId, location: str) -> None:
    if location in REGIONS or (location == "global" and resource_id.type.lower() in GLOBAL_TYPES):
        return
    message = (
        f"The provided location '{location}' is not available for resource type '{resource_id.type}'. "
        f"List of available regions for the resource type is '{','.join(sorted(REGIONS))}'."
    )
    finding = Finding(
        code="ST002",
        resource=resource_id.path,
        message=f"{location!r} is no Azure region where {resource_id.type} can be",
        fix="set `location` in the stack file to a region such as westeurope, northeurope or eastus2",
    )
    raise ArmProblem(400, "LocationNotAvailableForResourceType", message, target="location", finding=finding)


def _moved(resource_id: ResourceId, before: str, now: str) -> ArmProblem:
    finding = Finding(
        code="ST002",
        resource=resource_id.path,
        message=f"the location is {before!r} and cannot become {now!r}",
        fix="keep the location, or give the resource another name so that it is replaced",
    )
    if resource_id.type == GROUP_TYPE:
        message = (
            f"Invalid resource group location '{now}'. The Resource group already exists in "
            f"location '{before}'."
        )
        return ArmProblem(409, "InvalidResourceGroupLocation", message, target="location", finding=finding)
    group = resource_id.group.name if resource_id.group else ""
    message = (
        f"The resource '{resource_id.name}' already exists in location '{before}' in "
        f"resource group '{group}'. "
        f"A resource with the same name cannot be created in location '{now}'. Please "
        "select a new resource name."
    )
    return ArmProblem(409, "InvalidResourceLocation", message, target="location", finding=finding)
