"""Virtual networks, subnets and private endpoints: what Azure refuses, and what it fills in."""

from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Resource, ResourceStore
from infra.twin.arm.families.recorded import Recorded
from infra.twin.arm.ids import ResourceId
from infra.twin.network import ranges
from infra.twin.network.reach import LINKED, connections, network_of

NETWORKS = "Microsoft.Network/virtualNetworks"
SUBNETS = f"{NETWORKS}/subnets"
LAYOUT, LINK = "ST032", "ST033"
_SMALLEST_SUBNET = 29
_REGISTRIES = "microsoft.containerregistry/registries"


class VirtualNetwork(Recorded):
    """Check the address space; subnets are resources of their own and are kept."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse ranges that are none, that overlap, or that leave a subnet outside; and subnets inline."""
        space = ranges.of_network(request.properties)
        for text in space:
            _parsed(request, text, "properties.addressSpace.addressPrefixes")
        for one, other in combinations(space, 2):
            if ranges.colliding(_parsed(request, one, ""), [other]):
                message = (
                    f"Address prefixes '{one}' and '{other}' of virtual network {request.id.name} overlap."
                )
                raise refused(
                    request, "NetcfgAddressSpaceOverlaps", message, "give each range its own addresses"
                )
        if request.properties.get("subnets") and not _known(request, state):
            message = "The twin makes subnets as resources of their own, not inside their virtual network."
            raise refused(request, "NotSupported", message, f"declare them as {SUBNETS}")
        for subnet in _subnets(request.id, state):
            for text in ranges.of_subnet(subnet.properties):
                _check_inside(request, subnet.name, text, space)

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Show the subnets that there are."""
        return {"subnets": shown_subnets(request.id, state)}


class Subnet(Recorded):
    """Check that a subnet fits into its network beside the others."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse ranges that are none, too small, outside the network, or another subnet's."""
        network = state.get(request.id.parent)
        space = ranges.of_network(network.properties) if network else []
        given = ranges.of_subnet(request.properties)
        if not given:
            message = f"Subnet '{request.id.name}' has no address prefix."
            raise refused(request, "InvalidAddressPrefix", message, "set addressPrefix")
        for text in given:
            self._check_range(request, text, space, state)

    @override
    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        """Show the subnet in its network."""
        _show_in(resource.id.parent, state)

    @override
    async def after_delete(self, resource: Resource, state: ResourceStore) -> None:
        """Show it in its network no more."""
        _show_in(resource.id.parent, state)

    def _check_range(self, request: ArmRequest, text: str, space: list[str], state: ResourceStore) -> None:
        found = _parsed(request, text, "properties.addressPrefix")
        if found.prefixlen > _SMALLEST_SUBNET:
            message = f"Subnet '{request.id.name}' with range '{text}' is too small: the smallest is /29."
            raise refused(request, "InvalidAddressPrefixSize", message, "give the subnet a /29 or more")
        _check_inside(request, request.id.name, text, space)
        for other in _subnets(request.id.parent, state):
            taken = ranges.of_subnet(other.properties)
            if other.id.key != request.id.key and ranges.colliding(found, taken):
                message = (
                    f"Subnet '{request.id.name}' is not valid because its IP address range overlaps with "
                    f"that of an existing subnet in virtual network '{request.id.parent.name}'."
                )
                fix = f"move {text}: {other.name} has {', '.join(taken)}"
                raise refused(request, "NetcfgSubnetRangesOverlap", message, fix)


@dataclass(frozen=True)
class PrivateEndpoint(Recorded):
    """Check what a private endpoint leads to, and where it is."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse a wrong group, a service without private endpoints, and a subnet that cannot hold one."""
        made = connections(request.properties)
        if len(made) != 1:
            message = f"Private endpoint {request.id.name} has {len(made)} connections; it must have one."
            fix = "give privateLinkServiceConnections one entry"
            raise refused(request, "InvalidPrivateEndpointConnections", message, fix, LINK)
        _check_target(request, made[0], state)
        _check_subnet(request, state)

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Approve the connection, as Azure does for who may write the service; a manual one waits."""
        said = {"privateLinkServiceConnections": "Approved", "manualPrivateLinkServiceConnections": "Pending"}
        return {
            kind: [_said(one, status) for one in request.properties[kind]]
            for kind, status in said.items()
            if request.properties.get(kind)
        } | {"customDnsConfigs": [], "networkInterfaces": []}


def check_registry(request: ArmRequest) -> None:
    """Refuse a registry that is closed to the internet and not Premium."""
    sku = str(request.body["sku"]["name"])
    if sku == "Premium":
        return
    if str(request.properties.get("publicNetworkAccess", "")).lower() == "disabled":
        message = (
            f"Disabling public network access is not supported for the SKU {sku}. For more information, "
            "please visit https://aka.ms/acr/private-link."
        )
        raise refused(request, "DisablingPublicNetworkAccessNotSupported", message, _premium(), LINK)
    rules = request.properties.get("networkRuleSet") or {}
    if rules.get("ipRules") or str(rules.get("defaultAction", "Allow")).lower() == "deny":
        message = f"Network rules are not supported for the SKU {sku}."
        raise refused(request, "NetworkRuleSetNotSupported", message, _premium(), LINK)


def refused(request: ArmRequest, code: str, message: str, fix: str, finding: str = LAYOUT) -> ArmProblem:
    """Return the refusal of a request about networks."""
    found = Finding(code=finding, resource=request.id.path, message=message, fix=fix)
    return ArmProblem(400, code, message, finding=found)


def shown_subnets(network: ResourceId, state: ResourceStore) -> list[dict[str, Any]]:
    """Return the subnets of a network as GET shows them in it."""
    return [dict(one.body) for one in _subnets(network, state)]


def _check_target(request: ArmRequest, connection: dict[str, Any], state: ResourceStore) -> None:
    target = ResourceId(str(connection.get("privateLinkServiceId", "")))
    linked = LINKED.get(target.type.lower())
    given = [str(one) for one in connection.get("groupIds") or []]
    if linked is None:
        message = f"The twin rehearses no private endpoint for {target.type} ({target})."
        fix = f"it knows {', '.join(sorted(LINKED))}"
        raise refused(request, "PrivateLinkServiceNotSupported", message, fix, LINK)
    if len(given) != 1 or given[0].lower() not in {one.lower() for one in linked.groups}:
        message = (
            f"Call to {target.type} failed. Error message: The group ids '{', '.join(given) or 'none'}' are "
            f"invalid for the private link resource {target.name}."
        )
        fix = f"set groupIds to {list(linked.groups)}: the service has no other"
        raise refused(request, "InvalidPrivateLinkGroupIds", message, fix, LINK)
    service = state.get(target)
    if service is not None and target.type.lower() == _REGISTRIES:
        _check_sku(request, service)


def _check_sku(request: ArmRequest, registry: Resource) -> None:
    sku = str((registry.body.get("sku") or {}).get("name", ""))
    if sku != "Premium":
        message = (
            f"Call to {registry.type} failed. Error message: Private endpoint connections are not supported "
            f"for registry {registry.name} of the SKU {sku}; they need the SKU Premium."
        )
        raise refused(request, "PrivateEndpointConnectionsNotSupported", message, _premium(), LINK)


def _check_subnet(request: ArmRequest, state: ResourceStore) -> None:
    named = str((request.properties.get("subnet") or {}).get("id", ""))
    subnet = state.get(named)
    if subnet is None:
        message = f"Private endpoint {request.id.name} names no subnet."
        raise refused(request, "SubnetIsRequired", message, "set subnet to the id of a subnet", LINK)
    if delegated := delegations(subnet):
        message = (
            f"Private endpoint {request.id.name} cannot be created in subnet {subnet.name} since it is "
            f"delegated to {', '.join(delegated)}."
        )
        fix = "put private endpoints into a subnet without a delegation"
        raise refused(request, "PrivateEndpointCannotBeCreatedInDelegatedSubnet", message, fix, LINK)
    network = state.get(network_of(named))
    if network is not None and network.body.get("location") != request.body.get("location"):
        message = (
            f"Private endpoint {request.id.name} is in {request.body.get('location')}, and its network "
            f"{network.name} in {network.body.get('location')}."
        )
        raise refused(request, "InvalidResourceReference", message, "put both into one region", LINK)


def delegations(subnet: Resource) -> list[str]:
    """Return the services that a subnet is delegated to."""
    held = subnet.properties.get("delegations") or []
    return [str((one.get("properties") or {}).get("serviceName", "")) for one in held]


def _check_inside(request: ArmRequest, name: str, text: str, space: list[str]) -> None:
    found = ranges.parsed(text)
    if found is None or ranges.inside(found, space):
        return
    network = request.id if request.id.type == NETWORKS else request.id.parent
    message = (
        f"Subnet '{name}' is not valid because its IP address range is outside the IP address range of "
        f"virtual network '{network.name}'."
    )
    fix = f"{text} must lie in {', '.join(space) or 'an address space, and there is none'}"
    raise refused(request, "NetcfgSubnetRangeOutsideVnet", message, fix)


def _parsed(request: ArmRequest, text: str, target: str) -> IPv4Network:
    found = ranges.parsed(text)
    if found is None:
        message = f"The address prefix {text} in resource {request.id} has an invalid CIDR notation."
        fix = f"write {target or 'it'} as an IPv4 range without host bits, such as 10.40.0.0/23"
        raise refused(request, "InvalidCIDRNotation", message, fix)
    return found


def _known(request: ArmRequest, state: ResourceStore) -> bool:
    """Say whether every subnet in a body is there already, as in a network that was read and written back."""
    there = {one.name.lower() for one in _subnets(request.id, state)}
    return all(str(one.get("name", "")).lower() in there for one in request.properties["subnets"])


def _subnets(network: ResourceId, state: ResourceStore) -> list[Resource]:
    return [one for one in state.of_type(SUBNETS) if one.id.parent.key == network.key]


def _show_in(network: ResourceId, state: ResourceStore) -> None:
    if state.get(network) is not None:
        state.set_properties(network, {"subnets": shown_subnets(network, state)})


def _said(connection: dict[str, Any], status: str) -> dict[str, Any]:
    state = {"status": status, "description": "", "actionsRequired": "None"}
    inner = {**(connection.get("properties") or {}), "privateLinkServiceConnectionState": state}
    return {**connection, "properties": inner}


def _premium() -> str:
    return "set registrySku to 'Premium' in the stack file"
