"""Conditions of role assignments: read as Azure writes them, and enforced on whoever hands roles on."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from infra.bootstrap import least
from infra.twin.client import ArmClient, ArmError, TwinAddress
from infra.twin.identity.conditions import Facts, attributes, evaluated, holds
from infra.twin.identity.roles import OWNER, READER
from tests.infra.twin.conftest import ACR_PULL, ACR_PUSH, GROUP, Rehearsal

WRITE = "Microsoft.Authorization/roleAssignments/write"
DELETE = "Microsoft.Authorization/roleAssignments/delete"
LISTED = least.condition([ACR_PULL])
# The portal's condition "all except specific roles", with its line breaks.
NOT_OWNER = f"""
((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/write'}}))
 OR
 (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAllValues:GuidNotEquals {{{OWNER}, {READER}}}))
"""  # noqa: E501 - as the portal writes it
BLOBS = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'state'"


def given(role: str, kind: str = "ServicePrincipal") -> dict[str, str]:
    return attributes({"roleDefinitionId": f"/roleDefinitions/{role.upper()}", "principalType": kind})


@pytest.mark.parametrize(
    ("condition", "facts", "answer"),
    [
        (LISTED, Facts(action=WRITE, request=given(ACR_PULL)), True),
        (LISTED, Facts(action=WRITE, request=given(ACR_PULL, "User")), False),
        (LISTED, Facts(action=WRITE, request=given(OWNER)), False),
        (LISTED, Facts(action=DELETE, resource=given(OWNER)), False),
        (LISTED, Facts(action=DELETE, resource=given(ACR_PULL)), True),
        (LISTED, Facts(action="Microsoft.Authorization/roleAssignments/read"), True),
        (LISTED, Facts(action=WRITE), None),
        (NOT_OWNER, Facts(action=WRITE, request=given(OWNER)), False),
        (NOT_OWNER, Facts(action=WRITE, request=given(ACR_PULL)), True),
        (BLOBS, Facts(action=WRITE), None),
        ("(ActionMatches{'*/write'}", Facts(action=WRITE), None),
    ],
)
def test_a_condition_holds_does_not_or_is_not_known(
    condition: str, facts: Facts, *, answer: bool | None
) -> None:
    assert holds(condition, facts) is answer


def test_what_is_not_understood_is_told_from_what_is() -> None:
    assert evaluated(LISTED)
    assert evaluated(NOT_OWNER)
    assert not evaluated(BLOBS)
    assert not evaluated(f"{LISTED} XOR {LISTED}")


@pytest.fixture
def deployer(twin: Rehearsal) -> Iterator[Rehearsal]:
    """Return the twin with ARM as an identity that may hand on AcrPull to service principals alone."""
    made = twin.identity("deployer")
    role = least.RBAC_ADMINISTRATOR
    twin.role(GROUP, made["properties"]["principalId"], role, condition=LISTED, conditionVersion="2.0")
    identities = twin.twin.identities
    principal = identities.principal(made["id"])
    assert principal is not None
    token, _ = identities.directory.issue(principal, "https://management.azure.com")
    with ArmClient(replace(TwinAddress.read(twin.twin.config.state), token=token), 60) as arm:
        yield replace(twin, arm=arm)


def test_an_identity_hands_on_what_its_condition_names_and_nothing_else(
    twin: Rehearsal, deployer: Rehearsal
) -> None:
    registry = twin.registry()["id"]
    app = twin.identity("app")["properties"]["principalId"]

    given = deployer.role(registry, app, ACR_PULL, "b" * 8)
    with pytest.raises(ArmError, match="ABAC condition that is not fulfilled") as refused:
        deployer.role(registry, app, ACR_PUSH, "c" * 8)
    pushing = twin.role(registry, app, ACR_PUSH, "d" * 8)
    with pytest.raises(ArmError, match="AuthorizationFailed"):
        deployer.arm.delete(pushing["id"], "2022-04-01")
    deployer.arm.delete(given["id"], "2022-04-01")

    assert refused.value.status == 403
    assert [finding.code for finding in refused.value.findings] == ["ST045"]


def test_a_condition_that_the_twin_does_not_understand_is_told_as_not_shown(twin: Rehearsal) -> None:
    writer = twin.identity("writer")["properties"]["principalId"]
    made = twin.role(GROUP, writer, READER, condition=BLOBS, conditionVersion="2.0")

    (told,) = [one for one in twin.admin.status()["not_shown"] if "condition" in one]

    assert made["name"] in told
