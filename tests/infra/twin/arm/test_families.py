"""What Azure fills in, and what each family refuses."""

import pytest

from infra.twin.client import ArmError
from tests.infra.twin.conftest import ACR_PULL, GROUP, REGION, ROOT, TENANT, Rehearsal


def test_the_registry_has_the_twins_login_server(twin: Rehearsal) -> None:
    properties = twin.registry()["properties"]

    assert properties["loginServer"] == twin.login_server
    assert properties["provisioningState"] == "Succeeded"


def test_an_identity_keeps_its_principal(twin: Rehearsal) -> None:
    first, again = twin.identity()["properties"], twin.identity()["properties"]

    assert first == again
    assert first["tenantId"] == TENANT
    assert first["principalId"] != first["clientId"]


def test_monitoring_has_its_ids_and_a_connection_string_that_leads_here(twin: Rehearsal) -> None:
    law = twin.arm.put(
        f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs", {"location": REGION}, "2023-09-01"
    )
    body = {
        "location": REGION,
        "kind": "web",
        "properties": {"Application_Type": "web", "WorkspaceResourceId": law["id"]},
    }
    component = twin.arm.put(f"{GROUP}/providers/Microsoft.Insights/components/ai", body, "2020-02-02")

    assert law["properties"]["customerId"]
    ingestion = twin.services.replace("http://", "https://")
    assert f"IngestionEndpoint={ingestion}/" in component["properties"]["ConnectionString"]


def test_a_cosmos_account_its_database_and_container_chain_up(twin: Rehearsal) -> None:
    account = f"{GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/cosmos"
    locations = [{"locationName": REGION, "failoverPriority": 0}]
    body = {
        "location": REGION,
        "properties": {"databaseAccountOfferType": "Standard", "locations": locations},
    }
    made = twin.arm.put(account, body, "2025-10-15")
    database = twin.arm.put(
        f"{account}/sqlDatabases/agents", {"properties": {"resource": {"id": "agents"}}}, "2025-10-15"
    )

    assert made["properties"]["documentEndpoint"] == f"{twin.twin.platform.databases()[0]}/"
    assert database["properties"]["resource"]["id"] == "agents"
    with pytest.raises(ArmError, match="different from"):
        twin.arm.put(f"{account}/sqlDatabases/b", {"properties": {"resource": {"id": "c"}}}, "2025-10-15")


def test_an_environment_has_the_ingress_as_its_domain(twin: Rehearsal) -> None:
    path = f"{GROUP}/providers/Microsoft.App/managedEnvironments/env"

    made = twin.arm.put(path, {"location": REGION, "properties": {}}, "2025-02-02-preview")

    assert made["properties"]["defaultDomain"] == f"localhost:{twin.twin.platform.ingress_port}"


def test_a_model_account_needs_a_subdomain_and_leads_to_the_twin(twin: Rehearsal) -> None:
    account = twin.account()
    deployment = twin.deployment(account["id"])

    assert account["properties"]["endpoint"] == f"{twin.services}/"
    assert deployment["properties"]["model"]["name"] == "gpt-4o-mini"
    body = {"location": REGION, "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}}
    with pytest.raises(ArmError, match="CustomDomainRequired"):
        twin.arm.put(f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/other", body, "2025-06-01")


def test_a_role_is_assigned_once_and_an_unchanged_put_is_an_update(twin: Rehearsal) -> None:
    principal = twin.identity()["properties"]["principalId"]
    first, again = (twin.role(GROUP, principal, ACR_PULL) for _ in range(2))

    assert first["properties"]["createdOn"] == again["properties"]["createdOn"]
    with pytest.raises(ArmError, match="RoleAssignmentExists"):
        twin.role(GROUP, principal, ACR_PULL, name="b" * 8)


def test_a_role_for_nobody_is_refused_unless_the_type_is_given(twin: Rehearsal) -> None:
    nobody = "99999999-0000-4000-8000-000000000000"

    with pytest.raises(ArmError, match="PrincipalNotFound"):
        twin.role(GROUP, nobody, ACR_PULL, principalType="User")
    assert twin.role(GROUP, nobody, ACR_PULL)["properties"]["principalId"] == nobody


def test_a_role_with_the_sdks_default_type_is_refused_for_an_identity(twin: Rehearsal) -> None:
    principal = twin.identity()["properties"]["principalId"]

    with pytest.raises(ArmError, match="UnmatchedPrincipalType") as caught:
        twin.role(GROUP, principal, ACR_PULL, principalType="User")

    assert "ServicePrincipal" in (caught.value.finding.fix if caught.value.finding else "")


def test_a_role_that_does_not_exist_and_a_change_of_principal_are_refused(twin: Rehearsal) -> None:
    one, two = (twin.identity(name)["properties"]["principalId"] for name in ("one", "two"))
    twin.role(GROUP, one, ACR_PULL)

    with pytest.raises(ArmError, match="RoleDefinitionDoesNotExist"):
        twin.role(GROUP, two, "7f951dda-4ed3-4680-a7ca-000000000000", name="b" * 8)
    with pytest.raises(ArmError, match="RoleAssignmentUpdateNotPermitted"):
        twin.role(GROUP, two, ACR_PULL)


def test_a_budget_starts_on_the_first_of_a_month(twin: Rehearsal) -> None:
    path = f"{ROOT}/providers/Microsoft.Consumption/budgets/all"
    properties = {"amount": 50.5, "category": "Cost", "timeGrain": "Monthly"}
    good, bad = (
        {**properties, "timePeriod": {"startDate": f"2026-12-{day}T00:00:00Z"}} for day in ("01", "02")
    )

    assert twin.arm.put(path, {"properties": good}, "2024-08-01")["properties"]["amount"] == 50.5
    with pytest.raises(ArmError, match="first day of a month"):
        twin.arm.put(path, {"properties": bad}, "2024-08-01")
