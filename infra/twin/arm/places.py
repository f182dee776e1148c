"""Azure's regions, spelt as ARM stores them."""

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem
from infra.twin.arm.ids import ResourceId

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


def check_location(resource_id: ResourceId, location: str) -> None:
    """Raise ArmProblem for a region that does not exist, or that the type is not offered in."""
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
