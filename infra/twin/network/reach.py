"""Whether an app reaches a service that is closed to the internet: by a private endpoint, and its name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.twin.arm.behaviour import Resource, ResourceStore
from infra.twin.arm.ids import ResourceId

APPS = "Microsoft.App/containerApps"
ENDPOINTS = "Microsoft.Network/privateEndpoints"
GROUPS = f"{ENDPOINTS}/privateDnsZoneGroups"
LINKS = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
_CONNECTIONS = ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")


@dataclass(frozen=True, kw_only=True)
class Linked:
    """Say how private endpoints of one resource type are made: their groups, and the zone of their names."""

    groups: tuple[str, ...]
    zone: str


LINKED = {
    "microsoft.containerregistry/registries": Linked(groups=("registry",), zone="privatelink.azurecr.io"),
    "microsoft.documentdb/databaseaccounts": Linked(groups=("Sql",), zone="privatelink.documents.azure.com"),
    "microsoft.keyvault/vaults": Linked(groups=("vault",), zone="privatelink.vaultcore.azure.net"),
    "microsoft.cognitiveservices/accounts": Linked(groups=("account",), zone="privatelink.openai.azure.com"),
}


def unreached(state: ResourceStore, principal: str, target: str | ResourceId) -> str | None:
    """Return why an app that runs as this principal does not reach a service, or None when each one does.

    Callers that are no app are whoever runs the twin: they count as inside the network.
    """
    service = state.get(target)
    if service is None or not is_closed(service):
        return None
    blocked = (_barrier(state, app, service) for app in _apps_of(state, principal))
    return next((why for why in blocked if why is not None), None)


def is_closed(service: Resource) -> bool:
    """Say whether a service refuses addresses of the internet that no rule names."""
    properties = service.properties
    rules = properties.get("networkRuleSet") or properties.get("networkAcls") or {}
    return (
        str(properties.get("publicNetworkAccess", "Enabled")).lower() == "disabled"
        or str(rules.get("defaultAction", "Allow")).lower() == "deny"
        or bool(properties.get("ipRules"))
    )


def connections(properties: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the connections of a private endpoint."""
    found = (one for kind in _CONNECTIONS for one in properties.get(kind) or [])
    return [one.get("properties") or {} for one in found]


def network_of(subnet_id: str) -> ResourceId:
    """Return the virtual network of a subnet."""
    return ResourceId(subnet_id).parent


def subnet_of_environment(environment: Resource) -> str | None:
    """Return the id of the subnet that an environment was given, or None."""
    found = (environment.properties.get("vnetConfiguration") or {}).get("infrastructureSubnetId")
    return str(found) if found else None


def _apps_of(state: ResourceStore, principal: str) -> Iterator[Resource]:
    for app in state.of_type(APPS):
        held = [state.get(one) for one in app.identity_ids]
        if any(
            one and str(one.properties.get("principalId", "")).lower() == principal.lower() for one in held
        ):
            yield app


def _barrier(state: ResourceStore, app: Resource, service: Resource) -> str | None:
    properties = app.properties
    environment = state.get(str(properties.get("managedEnvironmentId") or properties.get("environmentId")))
    subnet = subnet_of_environment(environment) if environment else None
    if subnet is None:
        return (
            f"the environment of {app.name} has no subnet of a virtual network, so it comes from the internet"
        )
    network = network_of(subnet)
    found = [one for one in _endpoints_of(state, service) if _network(one).key == network.key]
    if not found:
        return (
            f"no private endpoint of the network {network.name}, where {app.name} is, leads to {service.name}"
        )
    if any(_resolved(state, one, network, LINKED[service.type.lower()].zone) for one in found):
        return None
    return (
        f"the private endpoint {found[0].name} leads to {service.name}, but in the network {network.name} "
        "its name still has the public address: "
        f"{_missing_name(state, found[0], LINKED[service.type.lower()].zone)}"
    )


def _endpoints_of(state: ResourceStore, service: Resource) -> Iterator[Resource]:
    for endpoint in state.of_type(ENDPOINTS):
        joined = (one for one in connections(endpoint.properties) if _is_approved(one))
        targets = (str(one.get("privateLinkServiceId", "")) for one in joined)
        if any(ResourceId(one).key == service.id.key for one in targets):
            yield endpoint


def _is_approved(connection: dict[str, Any]) -> bool:
    said = connection.get("privateLinkServiceConnectionState") or {}
    return str(said.get("status", "Approved")).lower() == "approved"


def _network(endpoint: Resource) -> ResourceId:
    return network_of(str((endpoint.properties.get("subnet") or {}).get("id", "")))


def _zones(state: ResourceStore, endpoint: Resource, name: str) -> list[ResourceId]:
    groups = (one for one in state.of_type(GROUPS) if one.id.parent.key == endpoint.id.key)
    configs = (one for group in groups for one in group.properties.get("privateDnsZoneConfigs") or [])
    zones = (ResourceId(str((one.get("properties") or {}).get("privateDnsZoneId", ""))) for one in configs)
    return [zone for zone in zones if zone.name.lower() == name]


def _resolved(state: ResourceStore, endpoint: Resource, network: ResourceId, name: str) -> bool:
    zones = {zone.key for zone in _zones(state, endpoint, name)}
    links = (one for one in state.of_type(LINKS) if one.id.parent.key in zones)
    linked = (str((one.properties.get("virtualNetwork") or {}).get("id", "")) for one in links)
    return any(ResourceId(one).key == network.key for one in linked)


def _missing_name(state: ResourceStore, endpoint: Resource, name: str) -> str:
    if not _zones(state, endpoint, name):
        return f"the endpoint has no zone group for a zone {name}"
    return f"no link of the zone {name} leads to it"
