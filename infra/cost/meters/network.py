"""Networks: private endpoints, gateways, addresses and zones."""

from infra.cost.figure import Figure
from infra.cost.meters.component import (
    EVERYWHERE,
    Context,
    Inputs,
    Metered,
    Rule,
    by_use,
    fixed,
    hourly,
    priced,
    unknown,
)
from infra.cost.model import Status


def private_endpoint(_: Inputs, context: Context) -> Metered:
    """Bill a private endpoint by the hour and by what goes through it."""
    return priced(
        hourly("Private endpoint", "private-endpoint", "hour", 1, region=EVERYWHERE),
        by_use(context, "Data in", "private-endpoint-data", "GB", unknown, region=EVERYWHERE),
        by_use(context, "Data out", "private-endpoint-data", "GB", unknown, region=EVERYWHERE),
    )


def nat_gateway(_: Inputs, context: Context) -> Metered:
    """Bill a NAT gateway by the hour and by what goes through it."""
    return priced(
        hourly("NAT gateway", "nat-gateway", "hour", 1, region=EVERYWHERE),
        by_use(context, "Data processed", "nat-gateway-data", "GB", unknown, region=EVERYWHERE),
    )


def public_address(inputs: Inputs, _: Context) -> Metered:
    """Bill a standard static address by the hour; the retired basic kind has no rule."""
    sku = str((inputs.get("sku") or {}).get("name", "Basic"))
    if sku.lower() != "standard":
        return Metered(status=Status.UNSUPPORTED, note=f"public address sku {sku} has no rule")
    if str(inputs.get("publicIPAddressVersion", "IPv4")) == "IPv6":
        return Metered(status=Status.FREE, note="IPv6 addresses are free")
    return priced(hourly("Static address", "public-address", "hour", 1))


def private_zone(_: Inputs, context: Context) -> Metered:
    """Bill a private zone by the month and by what it is asked; the price falls after 25 zones."""
    return priced(
        fixed("Zone", "dns-private-zone", "zone-month", Figure.of(1, "zone"), region=EVERYWHERE),
        by_use(context, "Queries", "dns-private-queries", "1M queries", unknown, region=EVERYWHERE),
    )


def public_zone(inputs: Inputs, context: Context) -> Metered:
    """Bill a public zone by the month and by what it is asked."""
    if inputs.get("zoneType") == "Private":
        return private_zone(inputs, context)
    return priced(
        fixed("Zone", "dns-public-zone", "zone-month", Figure.of(1, "zone"), region=EVERYWHERE),
        by_use(context, "Queries", "dns-public-queries", "1M queries", unknown, region=EVERYWHERE),
    )


def peering(_: Inputs, context: Context) -> Metered:
    """Bill what crosses a peering, in both directions."""
    return priced(by_use(context, "Data across", "peering-data", "GB", unknown))


RULES: dict[str, Rule] = {
    "dns:Zone": public_zone,
    "network:NatGateway": nat_gateway,
    "network:PrivateEndpoint": private_endpoint,
    "network:PrivateZone": private_zone,
    "network:PublicIPAddress": public_address,
    "network:VirtualNetworkPeering": peering,
    "network:Zone": public_zone,
    "privatedns:PrivateZone": private_zone,
}
