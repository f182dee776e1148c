"""The stack's own network, and who else is let in."""

from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator, Field

from infra.options.base import Strict

_ENVIRONMENT_BITS, _ENDPOINTS_BITS = 23, 27


def _range(value: str) -> str:
    try:
        return str(IPv4Network(value))
    except ValueError as error:
        raise ValueError(
            f"{error}: a range is an IPv4 address in CIDR notation, such as 10.40.0.0/23"
        ) from None


AddressRange = Annotated[str, AfterValidator(_range)]
AddressRanges = Annotated[tuple[AddressRange, ...], Field(max_length=100)]


class NetworkConfig(Strict):
    """Put the app's environment into a network, and close its services to everybody else.

    Whether Azure can use these ranges is Azure's to say.
    """

    address_space: AddressRange = "10.40.0.0/16"
    environment_subnet: AddressRange | None = None
    endpoints_subnet: AddressRange | None = None
    internal: bool = False
    zone_redundant: bool = False
    allow: AddressRanges = ()
    """Public addresses from which images are pushed and secrets set; without one, only from inside."""

    @property
    def environment_range(self) -> str:
        """Return the range of the environment's subnet: as given, or the first of the space."""
        space = IPv4Network(self.address_space)
        bits = min(max(space.prefixlen + 1, _ENVIRONMENT_BITS), 32)
        return self.environment_subnet or str(next(space.subnets(new_prefix=bits)))

    @property
    def endpoints_range(self) -> str:
        """Return the range of the private endpoints' subnet: as given, or the last of the space."""
        space = IPv4Network(self.address_space)
        bits = min(max(space.prefixlen + 1, _ENDPOINTS_BITS), 32)
        last = int(space.broadcast_address) + 1 - 2 ** (32 - bits)
        return self.endpoints_subnet or str(IPv4Network((last, bits)))
