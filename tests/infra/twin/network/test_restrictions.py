"""An app's address restrictions: what is refused, and whom the ingress lets in."""

from typing import Any

import pytest

from infra.twin.arm.behaviour import ArmProblem, ArmRequest
from infra.twin.arm.ids import ResourceId
from infra.twin.network.restrictions import admitted, check_restrictions, restrictions_of

APP = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.App/containerApps/ca-app"


def rule(address: str, action: str = "Allow", name: str | None = None) -> dict[str, Any]:
    return {"name": name or address, "action": action, "ipAddressRange": address}


def check(*rules: dict[str, Any]) -> None:
    body = {"properties": {"configuration": {"ingress": {"ipSecurityRestrictions": list(rules)}}}}
    check_restrictions(
        ArmRequest(
            method="PUT", id=ResourceId(APP), api_version="", body=body, existing=None, caller="operator"
        )
    )


def allowed(address: str | None, *rules: dict[str, Any]) -> bool:
    return admitted(restrictions_of({"ipSecurityRestrictions": list(rules)}), address)


def test_allow_rules_let_in_whom_they_name_and_nobody_else() -> None:
    rules = rule("203.0.113.0/24"), rule("198.51.100.7/32")

    assert allowed("203.0.113.9", *rules)
    assert allowed("198.51.100.7", *rules)
    assert not allowed("198.51.100.8", *rules)
    assert not allowed("2001:db8::1", *rules)
    assert allowed(None, *rules)


def test_deny_rules_keep_out_whom_they_name_and_no_rule_keeps_out_nobody() -> None:
    assert not allowed("203.0.113.9", rule("203.0.113.0/24", "Deny"))
    assert allowed("198.51.100.7", rule("203.0.113.0/24", "Deny"))
    assert allowed("198.51.100.7")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([rule("203.0.113.0/24"), rule("198.51.100.0/24", "Deny")], "all Allow or all Deny"),
        ([rule("203.0.113.0/24", name="a"), rule("198.51.100.0/24", name="A")], "duplicate rule name"),
        ([rule("203.0.113.1/24")], "is not in CIDR notation"),
        ([rule("everybody")], "is not in CIDR notation"),
    ],
)
def test_rules_that_container_apps_does_not_take_are_refused(rules: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ArmProblem, match=said) as caught:
        check(*rules)

    assert caught.value.finding is not None
    assert caught.value.finding.code == "ST002"


def test_rules_of_one_kind_are_taken() -> None:
    check(rule("203.0.113.0/24"), rule("198.51.100.7/32"))
    check()
