"""Which addresses are let in: at the app's ingress, and at services that are closed to the internet."""

from collections.abc import Sequence

from pulumi_azure_native import app

_SINGLE = "/32"


def of_ingress(ranges: Sequence[str]) -> list[app.IpSecurityRestrictionRuleArgs] | None:
    """Return the rules that admit these ranges and nobody else; None admits everybody."""
    if not ranges:
        return None
    return [
        app.IpSecurityRestrictionRuleArgs(name=f"allow-{number}", action="Allow", ip_address_range=one)
        for number, one in enumerate(ranges, start=1)
    ]


def addresses(ranges: Sequence[str]) -> list[str]:
    """Return ranges as registries and vaults take them: a single address without its length."""
    return [one.removesuffix(_SINGLE) for one in ranges]
