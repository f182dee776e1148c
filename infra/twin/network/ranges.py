"""Address ranges: which there are, and which collide."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import Any

# What environments with workload profiles keep: learn.microsoft.com/azure/container-apps/networking.
RESERVED = tuple(
    IPv4Network(one)
    for one in (
        "169.254.0.0/16",
        "172.30.0.0/16",
        "172.31.0.0/16",
        "192.0.2.0/24",
        "100.100.0.0/17",
        "100.100.128.0/19",
        "100.100.160.0/19",
        "100.100.192.0/19",
    )
)


def of_network(properties: dict[str, Any]) -> list[str]:
    """Return the ranges of a virtual network, as written."""
    space = properties.get("addressSpace") or {}
    return [str(one) for one in space.get("addressPrefixes") or []]


def of_subnet(properties: dict[str, Any]) -> list[str]:
    """Return the ranges of a subnet, as written."""
    several = properties.get("addressPrefixes") or []
    single = properties.get("addressPrefix")
    return [str(one) for one in ([single] if single else several)]


def parsed(text: str) -> IPv4Network | None:
    """Return an IPv4 range; None for what is none, such as one with host bits, or an IPv6 one."""
    try:
        found = ip_network(text)
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


def inside(one: IPv4Network, space: Iterable[str]) -> bool:
    """Say whether a range lies in one of others."""
    return any(one.subnet_of(whole) for whole in map(parsed, space) if whole is not None)


def colliding(one: IPv4Network, others: Iterable[str]) -> str | None:
    """Return the first of other ranges that overlaps with this one, or None."""
    return next((text for text in others if (other := parsed(text)) and other.overlaps(one)), None)


def admits(ranges: Iterable[str], address: str) -> bool:
    """Say whether an address lies in one of these ranges."""
    try:
        asked = IPv4Address(address)
    except ValueError:
        return False
    return any(asked in found for found in map(parsed, ranges) if found is not None)
