"""An app's address restrictions: the rules of its ingress, and whom they let in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest
from infra.twin.network import ranges

HEADER = "X-Seatrial-Client-Ip"
"""Says from which address a request would come in Azure; without it, it comes from this machine."""
FIELD = "configuration.ingress.ipSecurityRestrictions"
NOT_SHOWN = (
    f"address restrictions (app.allow): requests from this machine are let in; with the header {HEADER} a "
    "request is answered as one from that address"
)


@dataclass(frozen=True, kw_only=True)
class Restriction:
    """Allow or deny one range."""

    range: str
    allow: bool


def restrictions_of(ingress: dict[str, Any]) -> tuple[Restriction, ...]:
    """Return the restrictions of an app's ingress as ARM has it."""
    return tuple(
        Restriction(
            range=str(one.get("ipAddressRange", "")), allow=str(one.get("action", "")).lower() == "allow"
        )
        for one in ingress.get("ipSecurityRestrictions") or []
    )


def admitted(rules: Sequence[Restriction], address: str | None) -> bool:
    """Say whether a caller is let in; without an address it is this machine, which is."""
    if not rules or address is None:
        return True
    named = ranges.admits((rule.range for rule in rules), address)
    return named if rules[0].allow else not named


def check_restrictions(request: ArmRequest) -> None:
    """Raise ArmProblem for rules of both kinds, names given twice, and ranges that are none."""
    configuration = request.properties.get("configuration") or {}
    given: list[dict[str, Any]] = (configuration.get("ingress") or {}).get("ipSecurityRestrictions") or []
    if len({str(one.get("action", "")).lower() for one in given}) > 1:
        reason = "rules must be all Allow or all Deny"
        raise _refused(request, "Allow and Deny", reason, "keep rules of one action")
    names = [str(one.get("name", "")).lower() for one in given]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise _refused(request, double, "duplicate rule name", "give each rule a name of its own")
    for text in (str(one.get("ipAddressRange", "")) for one in given):
        if ranges.parsed(text) is None:
            fix = "write an IPv4 range without host bits, such as 203.0.113.0/24 or 198.51.100.7/32"
            raise _refused(request, text, "is not in CIDR notation", fix)


def _refused(request: ArmRequest, value: str, reason: str, fix: str) -> ArmProblem:
    message = (
        "The following field(s) are either invalid or missing. "
        f"Field '{FIELD}' is invalid with details: 'Invalid value: \"{value}\": {reason}';."
    )
    finding = Finding(code="ST002", resource=request.id.name, message=message, fix=fix)
    code = "InvalidParameterValueInContainerTemplate"
    return ArmProblem(400, code, message, target=request.id.name, finding=finding)
