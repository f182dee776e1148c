"""Sign-in, subscription and rights, over what `az` and ARM answer."""

from typing import Any

import pytest

from infra.doctor.checks.account import ASSIGN, allows
from tests.infra.doctor.conftest import MISSING, SUBSCRIPTION, Verdict, refused, said

# https://github.com/Azure/azure-cli/issues/33414
SIGNED_OUT = "ERROR: Please run 'az login' to setup account."
# https://github.com/Azure/azure-cli/issues/23105
EXPIRED = (
    'Get Token request returned http error: 400 and server response: {"error":"invalid_grant",'
    '"error_description":"AADSTS700082: The refresh token has expired due to inactivity. The token was '
    'issued on 2021-10-05T11:50:24.4394320Z and was inactive for 90.00:00:00.\\r\\nTrace ID: d580793e"}'
)
# https://learn.microsoft.com/rest/api/resources/subscriptions/get, the sample response
SUBSCRIBED: dict[str, Any] = {
    "id": f"/subscriptions/{SUBSCRIPTION}",
    "displayName": "Example Subscription",
    "state": "Enabled",
    "subscriptionPolicies": {
        "locationPlacementId": "Internal_2014-09-01",
        "quotaId": "Internal_2014-09-01",
        "spendingLimit": "Off",
    },
}
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/general#contributor
CONTRIBUTOR = {
    "actions": ["*"],
    "notActions": [
        "Microsoft.Authorization/*/Delete",
        "Microsoft.Authorization/*/Write",
        "Microsoft.Authorization/elevateAccess/Action",
        "Microsoft.Blueprint/blueprintAssignments/write",
        "Microsoft.Blueprint/blueprintAssignments/delete",
        "Microsoft.Compute/galleries/share/action",
    ],
}
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/privileged
RBAC_ADMINISTRATOR = {
    "actions": [
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Authorization/roleAssignments/delete",
        "*/read",
        "Microsoft.Support/*",
    ],
    "notActions": [],
}
# The words: https://github.com/MicrosoftLearning/AZ-203-DevelopingSolutionsforMicrosoftAzure/issues/72
NO_GROUP = "ERROR: (ResourceGroupNotFound) Resource group 'rg-seatrial-dev' could not be found."
ACCOUNT = {"id": SUBSCRIPTION, "name": "Example Subscription", "user": {"name": "me@example.com"}}
GOOD = said("2026-11-21 18:00:00.000000\n")


@pytest.mark.parametrize(
    ("account", "token", "status", "seen"),
    [
        (said(ACCOUNT), GOOD, "ok", "me@example.com in Example Subscription"),
        (refused(SIGNED_OUT), refused(SIGNED_OUT), "fail", "az login"),
        (said(ACCOUNT), refused(EXPIRED), "fail", "AADSTS700082: The refresh token has expired"),
        (MISSING, MISSING, "fail", "no `az` command"),
    ],
)
def test_a_sign_in_has_to_be_fresh(verdict: Verdict, account, token, status: str, seen: str) -> None:
    found = verdict("login", {"account": account, "token": token})

    assert found.status == status
    assert seen in found.seen


def test_without_az_the_providers_own_variables_do(verdict: Verdict) -> None:
    environment = {"ARM_CLIENT_ID": "x"}

    assert verdict("login", {"account": MISSING, "token": MISSING}, environment=environment).status == "warn"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, "ok"),
        ({"state": "Disabled"}, "fail"),
        ({"state": "PastDue"}, "warn"),
        ({"subscriptionPolicies": {"quotaId": "FreeTrial_2014-09-01", "spendingLimit": "On"}}, "warn"),
    ],
)
def test_a_subscription_has_to_accept_work(verdict: Verdict, changed, status: str) -> None:
    assert verdict("subscription", {"subscription": said({**SUBSCRIBED, **changed})}).status == status


def test_contributor_alone_may_not_assign_roles(verdict: Verdict) -> None:
    answers = {"subscription": said({"value": [CONTRIBUTOR]}), "group": refused(NO_GROUP)}

    found = verdict("rights", answers)

    assert found.status == "fail"
    assert "Role Based Access Control Administrator" in found.fix


def test_what_one_role_takes_back_another_gives(verdict: Verdict) -> None:
    wide = said({"value": [CONTRIBUTOR]})
    held = said({"value": [CONTRIBUTOR, {**RBAC_ADMINISTRATOR, "condition": "(…)"}]})

    assert verdict("rights", {"subscription": held, "group": refused(NO_GROUP)}).status == "ok"
    inside = verdict("rights", {"subscription": wide, "group": held})
    assert (inside.status, inside.seen) == ("ok", "may assign roles, within a condition")


def test_without_a_group_the_right_to_make_one_is_needed(verdict: Verdict) -> None:
    reader = said({"value": [{"actions": ["*/read"], "notActions": []}]})

    found = verdict("rights", {"subscription": reader, "group": refused(NO_GROUP)})

    assert found.status == "fail"
    assert "az group create" in found.fix


def test_actions_are_compared_without_regard_to_case() -> None:
    assert allows([{"actions": ["microsoft.authorization/*"]}], ASSIGN)
    assert not allows([{"actions": ["*"], "notActions": ["MICROSOFT.AUTHORIZATION/*/WRITE"]}], ASSIGN)


def test_the_examples_tenant_and_a_missing_key_are_seen(verdict: Verdict, subject) -> None:
    placeholder = {"tenantId": "11111111-1111-1111-1111-111111111111", "audience": "api://x"}
    entra = type(subject.config).model_validate(
        {**subject.config.model_dump(by_alias=True), "auth": "entra", "entra": placeholder}
    )
    keyed = subject.config.model_copy(update={"auth_jwks": '{"keys":[]}'})

    assert "is missing" in verdict("users").seen
    assert verdict("users", config=entra).status == "fail"
    assert verdict("users", config=keyed).status == "ok"
