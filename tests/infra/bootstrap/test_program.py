"""Asserts on what the bootstrap asks for."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from infra.bootstrap import least
from infra.bootstrap.config import BootstrapConfig
from infra.bootstrap.rehearsal import BootstrapError, plan
from infra.plan import Plan, PlannedResource
from infra.project import Project
from infra.twin.identity import conditions
from infra.twin.identity.conditions import Facts, attributes

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
USER_ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
PERSON = "3c0e4e9e-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def asked(project: Project, bytecode: None) -> Plan:
    return plan(project, BootstrapConfig(repository="octo/Hello", operator=PERSON))


def one(asked: Plan, token: str) -> PlannedResource:
    (found,) = asked.of_type(f"azure-native:{token}")
    return found


def grants(asked: Plan) -> dict[str, PlannedResource]:
    return {found.name: found for found in asked.of_type("azure-native:authorization:RoleAssignment")}


def role(assignment: PlannedResource) -> str:
    return str(assignment.inputs["roleDefinitionId"]).rpartition("/")[2]


def test_the_state_is_private_versioned_and_knows_no_key(asked: Plan) -> None:
    account = one(asked, "storage:StorageAccount").inputs
    blobs = one(asked, "storage:BlobServiceProperties").inputs
    container = one(asked, "storage:BlobContainer").inputs

    assert account["allowSharedKeyAccess"] is False
    assert account["allowBlobPublicAccess"] is False
    assert account["minimumTlsVersion"] == "TLS1_2"
    assert re.fullmatch(r"stseatrial[0-9a-f]{8}", account["accountName"])
    assert blobs["isVersioningEnabled"] is True
    assert blobs["deleteRetentionPolicy"] == {"enabled": True, "days": 30}
    assert (container["containerName"], container["publicAccess"]) == ("state", "None")


def test_the_key_decrypts_and_cannot_be_lost(asked: Plan) -> None:
    vault = one(asked, "keyvault:Vault").inputs["properties"]
    key = one(asked, "keyvault:Key").inputs["properties"]

    assert vault["enableRbacAuthorization"] is True
    assert vault["enablePurgeProtection"] is True
    assert "accessPolicies" not in vault
    assert (key["kty"], key["keySize"], key["keyOps"]) == ("RSA", 3072, ["encrypt", "decrypt"])


def test_each_subject_is_believed_by_the_identity_that_it_is_for(asked: Plan) -> None:
    found = asked.of_type("azure-native:managedidentity:FederatedIdentityCredential")

    assert {(one.inputs["resourceName"], one.inputs["subject"]) for one in found} == {
        ("id-seatrial-deploy", "repo:octo/Hello:ref:refs/heads/main"),
        ("id-seatrial-deploy", "repo:octo/Hello:environment:dev"),
        ("id-seatrial-deploy", "repo:octo/Hello:environment:staging"),
        ("id-seatrial-deploy", "repo:octo/Hello:environment:prod"),
        ("id-seatrial-preview", "repo:octo/Hello:pull_request"),
    }
    assert {one.inputs["issuer"] for one in found} == {"https://token.actions.githubusercontent.com"}
    assert all(one.inputs["audiences"] == ["api://AzureADTokenExchange"] for one in found)


def test_credentials_of_one_identity_are_written_one_after_the_other(asked: Plan) -> None:
    found = [
        one
        for one in asked.of_type("azure-native:managedidentity:FederatedIdentityCredential")
        if one.inputs["resourceName"] == "id-seatrial-deploy"
    ]
    urns = {one.urn for one in found}

    assert sorted(len(urns & set(one.depends_on)) for one in found) == [0, 1, 1, 1]


def test_nobody_is_owner_and_roles_are_the_least(asked: Plan) -> None:
    held = {(name, role(found), found.inputs["scope"]) for name, found in grants(asked).items()}
    wide = {(name, given) for name, given, scope in held if scope == SUBSCRIPTION}

    assert wide == {
        ("deploy-create", least.CONTRIBUTOR),
        ("deploy-assign", least.RBAC_ADMINISTRATOR),
        ("preview-read", least.READER),
    }
    assert {given for _, given, _ in held}.isdisjoint({OWNER, USER_ACCESS_ADMINISTRATOR})
    narrow = {name: (given, scope.rpartition("/")[2]) for name, given, scope in held if scope != SUBSCRIPTION}
    assert narrow == {
        "deploy-state": (least.STATE_WRITER, "state"),
        "deploy-key": (least.KEY_USER, "pulumi"),
        "preview-state": (least.STATE_READER, "state"),
        "preview-key": (least.KEY_USER, "pulumi"),
        "operator-state": (least.STATE_WRITER, "state"),
        "operator-key": (least.KEY_USER, "pulumi"),
    }


def test_principals_have_the_type_that_they_are_of(asked: Plan) -> None:
    kinds = {name: found.inputs["principalType"] for name, found in grants(asked).items()}

    assert {name for name, kind in kinds.items() if kind == "User"} == {"operator-state", "operator-key"}
    assert grants(asked)["operator-key"].inputs["principalId"] == PERSON


def test_every_role_that_the_stacks_assign_may_be_assigned(
    asked: Plan, plan_of: Callable[[str], Plan]
) -> None:
    condition = str(grants(asked)["deploy-assign"].inputs["condition"])
    stacks = [plan_of(stack) for stack in ("dev", "staging", "prod")]
    needed = {role(found) for planned in stacks for found in grants(planned).values()}

    assert needed
    assert all(holds(condition, "write", given, "ServicePrincipal") for given in needed)
    assert grants(asked)["deploy-assign"].inputs["conditionVersion"] == "2.0"
    assert all(
        "condition" not in one.inputs for name, one in grants(asked).items() if name != "deploy-assign"
    )


def holds(condition: str, action: str, role: str, kind: str) -> bool:
    """Evaluate a condition for one action on an assignment of a role to a kind of principal."""
    given = attributes({"roleDefinitionId": f"/x/{role}", "principalType": kind})
    side = "request" if action == "write" else "resource"
    facts = Facts(action=f"Microsoft.Authorization/roleAssignments/{action}", **{side: given})
    answer = conditions.holds(condition, facts)
    assert answer is not None
    return answer


@pytest.mark.parametrize("action", ["write", "delete"])
def test_the_condition_hands_on_the_listed_roles_to_identities_alone(action: str) -> None:
    condition = least.condition(["7f951dda-4ed3-4680-a7ca-43fe172d538d", least.READER])

    assert holds(condition, action, least.READER, "ServicePrincipal")
    assert not holds(condition, action, OWNER, "ServicePrincipal")
    assert not holds(condition, action, least.READER, "User")
    assert holds(condition, "read", OWNER, "User")


def test_another_prefix_and_other_environments_are_taken(project: Project, bytecode: None) -> None:
    prefix = "repo:octo@1/hello@2"
    config = BootstrapConfig(repository="octo/hello", subjectPrefix=prefix, environments=("live",))

    found = plan(project, config).of_type("azure-native:managedidentity:FederatedIdentityCredential")

    assert {one.inputs["subject"] for one in found} == {
        f"{prefix}:ref:refs/heads/main",
        f"{prefix}:environment:live",
        f"{prefix}:pull_request",
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"repository": "hello"},
        {"environments": ()},
        {"environments": tuple(f"e{at}" for at in range(19))},
        {"environments": ("a b",)},
        {"subjectPrefix": "octo/hello"},
        {"operator": "me@example.com"},
        {"location": "East US"},
    ],
)
def test_what_azure_or_github_would_refuse_is_refused_here(changed: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BootstrapConfig.model_validate({"repository": "octo/hello", **changed})


def test_a_program_that_fails_says_why(tmp_path: Path, project: Project) -> None:
    broken = Project(tmp_path)
    (tmp_path / "infra" / "bootstrap").mkdir(parents=True)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "infra" / "Pulumi.yaml").write_text("name: x\n")

    with pytest.raises(BootstrapError):
        plan(broken, BootstrapConfig(repository="octo/hello"))
