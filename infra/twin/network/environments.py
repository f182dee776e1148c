"""The subnet of a Container Apps environment: what the service asks of it."""

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Resource, ResourceStore
from infra.twin.network import ranges
from infra.twin.network.reach import network_of, subnet_of_environment

SERVICE = "Microsoft.App/environments"
ENVIRONMENTS = "Microsoft.App/managedEnvironments"
CODE = "ST032"
LONGEST_PREFIX = 27
_INVALID = "ManagedEnvironmentInvalidNetworkConfiguration"
_SAYS = "The environment network configuration is invalid: "


def check_environment(request: ArmRequest, state: ResourceStore) -> None:
    """Raise ArmProblem where Azure refuses an environment for its network."""
    given = request.properties.get("vnetConfiguration") or {}
    named = given.get("infrastructureSubnetId")
    _check_kept(request)
    subnet = state.get(str(named)) if named else None
    if subnet is None:
        _check_without(request, internal=bool(given.get("internal")))
        return
    _check_delegation(request, subnet)
    _check_size(request, subnet)
    _check_alone(request, subnet, state)
    _check_region(request, subnet, state)


def _check_without(request: ArmRequest, *, internal: bool) -> None:
    wanted = "zone redundancy" if request.properties.get("zoneRedundant") else "an internal load balancer"
    if internal or request.properties.get("zoneRedundant"):
        message = f"{_SAYS}{wanted} requires a virtual network with an infrastructure subnet."
        fix = "set vnetConfiguration.infrastructureSubnetId (the stack key `network` makes the subnet)"
        raise _refused(request, _INVALID, message, fix)


def _check_kept(request: ArmRequest) -> None:
    """Refuse another network, or another redundancy, than the environment was made with."""
    if request.existing is None:
        return
    before, now = request.existing.properties, request.properties
    same_subnet = _subnet_key(before) == _subnet_key(now)
    same_zones = bool(before.get("zoneRedundant")) == bool(now.get("zoneRedundant"))
    if same_subnet and same_zones:
        return
    what = "zoneRedundant" if same_subnet else "vnetConfiguration"
    message = f"{_SAYS}{what} of an environment that exists cannot be changed."
    fix = (
        "the environment has to be made anew, and its app with it: Pulumi's engine replaces both; a "
        "rehearsal that runs is ended first (`seatrial down`)"
    )
    raise _refused(request, _INVALID, message, fix)


def _subnet_key(properties: dict[str, object]) -> tuple[str, bool]:
    given = properties.get("vnetConfiguration")
    held = given if isinstance(given, dict) else {}
    return str(held.get("infrastructureSubnetId") or "").lower(), bool(held.get("internal"))


def _check_delegation(request: ArmRequest, subnet: Resource) -> None:
    held = subnet.properties.get("delegations") or []
    services = [str((one.get("properties") or {}).get("serviceName", "")) for one in held]
    if [one.lower() for one in services] == [SERVICE.lower()]:
        return
    message = f"The subnet of the environment must be delegated to the service '{SERVICE}'."
    fix = f"{subnet.name} is delegated to {', '.join(services) or 'nothing'}; add the delegation"
    raise _refused(request, "ManagedEnvironmentSubnetDelegationError", message, fix)


def _check_size(request: ArmRequest, subnet: Resource) -> None:
    for text in ranges.of_subnet(subnet.properties):
        found = ranges.parsed(text)
        if found is None:
            continue
        if found.prefixlen > LONGEST_PREFIX:
            message = (
                f"{_SAYS}Provided subnet {subnet.name} ({text}) is too small: it must have a size of at "
                f"least /{LONGEST_PREFIX}."
            )
            fix = (
                "give network.environmentSubnet a /27 at least, better a /23: it cannot grow while the "
                "environment lives, and each ten replicas take an address"
            )
            raise _refused(request, _INVALID, message, fix)
        reserved = ranges.colliding(found, map(str, ranges.RESERVED))
        if reserved is not None:
            message = (
                f"{_SAYS}Provided subnet {subnet.name} ({text}) overlaps with the reserved range {reserved}."
            )
            raise _refused(request, _INVALID, message, "choose another network.addressSpace")


def _check_alone(request: ArmRequest, subnet: Resource, state: ResourceStore) -> None:
    for other in state.of_type(ENVIRONMENTS):
        taken = subnet_of_environment(other)
        if other.id.key != request.id.key and taken and taken.lower() == subnet.id.key:
            message = f"The subnet {subnet.id} is in use by another managed environment: {other.name}."
            raise _refused(request, "ManagedEnvironmentSubnetInUse", message, "give each environment its own")


def _check_region(request: ArmRequest, subnet: Resource, state: ResourceStore) -> None:
    network = state.get(network_of(subnet.id.path))
    if network is not None and network.body.get("location") != request.body.get("location"):
        message = (
            f"{_SAYS}the virtual network {network.name} is in {network.body.get('location')}, the "
            f"environment in {request.body.get('location')}."
        )
        raise _refused(request, _INVALID, message, "put both into one region")


def _refused(request: ArmRequest, code: str, message: str, fix: str) -> ArmProblem:
    finding = Finding(code=CODE, resource=request.id.path, message=message, fix=fix)
    return ArmProblem(400, code, message, target="properties.vnetConfiguration", finding=finding)
