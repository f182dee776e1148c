"""Private endpoints, and who reaches a service that is closed to the internet."""

from typing import Any

import pytest

from infra.twin.network.reach import unreached
from tests.infra.twin.network.conftest import ENVIRONMENT, GROUP, NETWORK, REGISTRY, Arm

ENDPOINT = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/pep"
ZONE = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
APP = f"{GROUP}/providers/Microsoft.App/containerApps/app"
PRINCIPAL = "22222222-0000-4000-8000-000000000000"


def registry(sku: str = "Premium", **more: Any) -> dict[str, Any]:
    return {"sku": {"name": sku}, "properties": more}


def endpoint(subnet: str, target: str = REGISTRY, group: str = "registry") -> dict[str, Any]:
    connection = {"privateLinkServiceId": target, "groupIds": [group]}
    named = [{"name": "c", "properties": connection}]
    return {"properties": {"subnet": {"id": subnet}, "privateLinkServiceConnections": named}}


def zone(arm: Arm) -> None:
    arm.put(ZONE, {"location": "global"})


def link(arm: Arm) -> None:
    properties = {"registrationEnabled": False, "virtualNetwork": {"id": NETWORK}}
    arm.put(f"{ZONE}/virtualNetworkLinks/net", {"location": "global", "properties": properties})


def records(arm: Arm) -> None:
    configs = [{"name": "registry", "properties": {"privateDnsZoneId": ZONE}}]
    arm.put(f"{ENDPOINT}/privateDnsZoneGroups/default", {"properties": {"privateDnsZoneConfigs": configs}})


@pytest.fixture
def closed(arm: Arm) -> Arm:
    """Hold a closed registry, a network with its environment, and an app with an identity in it."""
    arm.put(REGISTRY, registry(publicNetworkAccess="Disabled"))
    arm.network("10.40.0.0/16")
    subnet = arm.subnet("environment", "10.40.0.0/23", delegated=True)
    arm.put(ENVIRONMENT, {"properties": {"vnetConfiguration": {"infrastructureSubnetId": subnet}}})
    arm.put(IDENTITY, {})
    arm.store.set_properties(IDENTITY, {"principalId": PRINCIPAL})
    holder = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
    arm.put(APP, {"identity": holder, "properties": {"managedEnvironmentId": ENVIRONMENT}})
    return arm


@pytest.mark.parametrize(
    "more",
    [
        {"publicNetworkAccess": "Disabled"},
        {"networkRuleSet": {"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.0/24"}]}},
    ],
)
def test_only_a_premium_registry_can_be_closed(arm: Arm, more: dict[str, Any]) -> None:
    problem = arm.refused(REGISTRY, registry("Standard", **more))

    assert "not supported for the SKU Standard" in problem.message
    assert problem.finding is not None
    assert problem.finding.code == "ST033"
    assert arm.put(REGISTRY, registry("Premium", **more))


def test_copies_of_a_registry_are_premiums_and_lie_elsewhere(arm: Arm) -> None:
    arm.put(REGISTRY, registry("Standard"))
    copy = f"{REGISTRY}/replications/eastus"

    assert "not supported for the registry SKU Standard" in arm.refused(copy, {"location": "eastus"}).message
    arm.put(REGISTRY, registry("Premium"))
    assert "home region" in arm.refused(copy, {}).message
    assert arm.put(copy, {"location": "eastus"})["properties"]["regionEndpointEnabled"] is True


def test_an_endpoint_leads_to_one_group_of_a_service_that_has_endpoints(arm: Arm) -> None:
    arm.put(REGISTRY, registry())
    arm.network("10.40.0.0/16")
    subnet = arm.subnet("endpoints", "10.40.2.0/27")

    assert "group ids 'vault' are invalid" in arm.refused(ENDPOINT, endpoint(subnet, group="vault")).message
    missing = arm.refused(ENDPOINT, endpoint(subnet, f"{REGISTRY}2"))
    assert missing.finding is not None
    assert missing.finding.code == "ST024"
    assert "no private endpoint for" in arm.refused(ENDPOINT, endpoint(subnet, NETWORK)).message
    made = arm.put(ENDPOINT, endpoint(subnet))["properties"]["privateLinkServiceConnections"][0]
    assert made["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"


def test_an_endpoint_needs_a_premium_registry_and_a_subnet_of_nobodys(arm: Arm) -> None:
    arm.put(REGISTRY, registry("Basic"))
    arm.network("10.40.0.0/16")
    plain = arm.subnet("endpoints", "10.40.2.0/27")
    delegated = arm.subnet("environment", "10.40.0.0/23", delegated=True)

    assert "SKU Premium" in arm.refused(ENDPOINT, endpoint(plain)).message
    arm.put(REGISTRY, registry("Premium"))
    refused = arm.refused(ENDPOINT, endpoint(delegated))
    assert "delegated to Microsoft.App/environments" in refused.message
    assert refused.finding is not None
    assert refused.finding.code == "ST033"


def test_an_app_reaches_a_closed_service_once_endpoint_records_and_link_are_there(closed: Arm) -> None:
    subnet = closed.subnet("endpoints", "10.40.2.0/27")

    def why() -> str | None:
        return unreached(closed.store, PRINCIPAL.upper(), REGISTRY)

    assert "no private endpoint of the network net" in str(why())
    closed.put(ENDPOINT, endpoint(subnet))
    assert "no zone group for a zone privatelink.azurecr.io" in str(why())
    zone(closed)
    records(closed)
    assert "no link of the zone privatelink.azurecr.io" in str(why())
    link(closed)
    assert why() is None


def test_an_app_without_a_network_comes_from_the_internet(closed: Arm) -> None:
    closed.put(f"{ENVIRONMENT}2", {"properties": {}})
    closed.store.set_properties(
        APP, {"managedEnvironmentId": f"{ENVIRONMENT}2", "environmentId": f"{ENVIRONMENT}2"}
    )

    assert "comes from the internet" in str(unreached(closed.store, PRINCIPAL, REGISTRY))


def test_an_endpoint_in_another_network_or_one_that_waits_for_approval_is_no_way(closed: Arm) -> None:
    other = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/other"
    closed.put(other, {"properties": {"addressSpace": {"addressPrefixes": ["10.50.0.0/16"]}}})
    closed.put(f"{other}/subnets/a", {"properties": {"addressPrefix": "10.50.0.0/27"}})
    closed.put(ENDPOINT, endpoint(f"{other}/subnets/a"))
    body = endpoint(closed.subnet("endpoints", "10.40.2.0/27"))
    properties = body["properties"]
    properties["manualPrivateLinkServiceConnections"] = properties.pop("privateLinkServiceConnections")
    closed.put(f"{ENDPOINT}2", body)

    assert "no private endpoint of the network net" in str(unreached(closed.store, PRINCIPAL, REGISTRY))


def test_an_open_service_and_a_caller_that_is_no_app_are_let_in(closed: Arm) -> None:
    assert unreached(closed.store, "33333333-0000-4000-8000-000000000000", REGISTRY) is None
    closed.put(REGISTRY, registry(publicNetworkAccess="Enabled"))
    assert unreached(closed.store, PRINCIPAL, REGISTRY) is None
