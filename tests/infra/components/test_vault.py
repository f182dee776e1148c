"""Secrets by reference: what the program asks for, and that no value can be in it."""

import json

import pytest

from infra.config import load_stack
from infra.cost.estimate import estimate
from infra.cost.model import Status
from infra.plan import Plan, PlannedResource
from infra.project import Project
from infra.stack_file import StackFileError
from infra.synthesis import synthesise
from tests.infra.cost.plans import cents, usage

SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
REFERRED = {
    "app.secrets": {"weather-api-key": {"vault": "weather-key"}},
    "app.environment": {"WEATHER_API_KEY": {"secret": "weather-api-key"}},
}


@pytest.fixture(scope="module")
def plan(project: Project, bytecode: None) -> Plan:
    return synthesise(project, "dev", REFERRED)


def one(plan: Plan, name: str) -> PlannedResource:
    (found,) = (resource for resource in plan.resources if resource.name == name)
    return found


def test_a_reference_brings_a_vault_that_knows_roles_alone_and_forgets_nothing(plan: Plan) -> None:
    vault = one(plan, "vault")

    properties = vault.inputs["properties"]
    assert properties["enableRbacAuthorization"] is True
    assert properties["enablePurgeProtection"] is True
    assert (properties["enableSoftDelete"], properties["softDeleteRetentionInDays"]) == (True, 90)
    assert "accessPolicies" not in properties
    assert properties["publicNetworkAccess"] == "Enabled"
    assert 3 <= len(vault.inputs["vaultName"]) <= 24


def test_the_app_reads_the_latest_version_as_its_own_identity(plan: Plan) -> None:
    app = one(plan, "app").inputs
    name = one(plan, "vault").inputs["vaultName"]

    (secret,) = app["configuration"]["secrets"]
    assert secret == {
        "name": "weather-api-key",
        "keyVaultUrl": f"https://{name}.vault.azure.net/secrets/weather-key",
        "identity": app["identity"]["userAssignedIdentities"][0],
    }
    (variable,) = (one for one in app["template"]["containers"][0]["env"] if "secretRef" in one)
    assert variable == {"name": "WEATHER_API_KEY", "secretRef": "weather-api-key"}


def test_the_identity_may_read_before_the_app_is_made(plan: Plan) -> None:
    role = one(plan, "vault-reader")

    assert role.inputs["roleDefinitionId"].endswith(SECRETS_USER)
    assert role.inputs["scope"].endswith(f"/vaults/{one(plan, 'vault').inputs['vaultName']}")
    assert role.inputs["principalType"] == "ServicePrincipal"
    assert role.urn in one(plan, "app").depends_on


def test_a_vault_can_be_there_before_anything_refers_to_it(project: Project, bytecode: None) -> None:
    plan = synthesise(project, "prod", {"vault": True})

    assert one(plan, "vault").inputs["properties"]["enablePurgeProtection"] is True
    assert (
        "secrets" not in one(plan, "app").inputs["configuration"]
        or not one(plan, "app").inputs["configuration"]["secrets"]
    )


def test_no_input_of_a_vault_could_hold_a_value(plan: Plan) -> None:
    types = {resource.type for resource in plan.resources}

    assert "azure-native:keyvault:Secret" not in types
    assert '"value"' not in json.dumps(one(plan, "app").inputs["configuration"])


def test_a_vault_that_is_turned_off_and_needed_is_refused(project: Project) -> None:
    with pytest.raises(StackFileError, match=r"vault false with app\.secrets weather-key from the vault"):
        load_stack(project, "dev", {"vault": False, **REFERRED})


@pytest.mark.parametrize("source", ["s3cr3t", {"vault": "under_score"}, {"value": "s3cr3t"}])
def test_a_secret_is_an_address_or_a_name_in_the_vault(project: Project, source: object) -> None:
    with pytest.raises(StackFileError, match=r"seatrial:app\.secrets\.weather-api-key") as refused:
        load_stack(project, "dev", {"app.secrets": {"weather-api-key": source}})

    assert "a value never stands here" in str(refused.value)
    assert "s3cr3t" not in str(refused.value)


def test_another_vaults_address_needs_no_vault_of_ones_own(project: Project) -> None:
    address = "https://kv-other.vault.azure.net/secrets/weather-key"

    config = load_stack(project, "dev", {"app.secrets": {"weather-api-key": address}})

    assert not config.has_vault
    assert load_stack(project, "dev", {"vault": True}).has_vault


def test_the_vault_is_priced_by_its_operations_and_the_role_is_free(plan: Plan) -> None:
    costs = {cost.name: cost for cost in estimate(plan, usage=usage(keyVaultOperations=20_000)).resources}

    assert cents(costs["vault"].monthly("expected")) == "0.06"
    assert cents(costs["vault"].monthly("idle")) == "0.00"
    assert costs["vault-reader"].status is Status.FREE
