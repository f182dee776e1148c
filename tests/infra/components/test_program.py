"""Asserts on what the program asks for, never inside `apply`: there an assertion can pass unseen."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from infra.plan import Plan, PlannedResource
from infra.project import Project
from infra.synthesis import SynthesisError, synthesise

STACKS = ("dev", "staging", "prod")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PlanOf = Callable[[str], Plan]
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"


def one(plan: Plan, token: str, name: str | None = None) -> PlannedResource:
    (found,) = (r for r in plan.of_type(f"azure-native:{token}") if name is None or r.name == name)
    return found


def container(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = one(plan, "app:ContainerApp").inputs["template"]["containers"][0]
    return found


def scale(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = one(plan, "app:ContainerApp").inputs["template"]["scale"]
    return found


def told(plan: Plan) -> dict[str, Any]:
    return {entry["name"]: entry.get("value") for entry in container(plan)["env"]}


def roles(plan: Plan) -> dict[str, PlannedResource]:
    return {r.name: r for r in plan.of_type("azure-native:authorization:RoleAssignment")}


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_synthesises_offline_under_the_same_logical_names(plan_of: PlanOf, stack: str) -> None:
    assert sorted(resource.name for resource in plan_of(stack).resources) == [
        "alerts",
        "alerts-restarts",
        "app",
        "budget",
        "cosmos",
        "cosmos-checkpoints",
        "cosmos-data-role",
        "cosmos-database",
        "cosmos-memories",
        "cosmos-runs",
        "environment",
        "environment-diagnostics",
        "group",
        "identity",
        "logs-sender",
        "logs-telemetry",
        "logs-workspace",
        "model",
        "model-deployment",
        "model-user",
        "registry",
        "registry-pull",
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_no_service_takes_keys(plan_of: PlanOf, stack: str) -> None:
    plan = plan_of(stack)

    assert one(plan, "cosmosdb:DatabaseAccount").inputs["disableLocalAuth"] is True
    assert one(plan, "cognitiveservices:Account").inputs["properties"]["disableLocalAuth"] is True
    assert one(plan, "containerregistry:Registry").inputs["adminUserEnabled"] is False
    assert one(plan, "applicationinsights:Component").inputs["disableLocalAuth"] is True


@pytest.mark.parametrize("stack", STACKS)
def test_no_input_holds_a_secret(plan_of: PlanOf, stack: str) -> None:
    text = json.dumps([resource.inputs for resource in plan_of(stack).resources]).lower()

    for word in (
        "sharedkey",
        "accountkey",
        "primarykey",
        "password",
        "apikey",
        "api_key",
        "instrumentationkey=",
    ):
        assert word not in text


def test_every_role_names_a_service_principal_and_the_narrowest_scope(plan_of: PlanOf) -> None:
    granted = roles(plan_of("dev"))

    assert {role.inputs["principalType"] for role in granted.values()} == {"ServicePrincipal"}
    assert granted["registry-pull"].inputs["roleDefinitionId"].endswith(ACR_PULL)
    assert "/registries/" in granted["registry-pull"].inputs["scope"]
    assert granted["model-user"].inputs["roleDefinitionId"].endswith(OPENAI_USER)
    assert "/accounts/" in granted["model-user"].inputs["scope"]


def test_the_app_waits_for_every_role_and_for_the_database(plan_of: PlanOf) -> None:
    plan = plan_of("dev")
    waits = set(one(plan, "app:ContainerApp").depends_on)

    needed = [*roles(plan).values(), one(plan, "cosmosdb:SqlResourceSqlRoleAssignment")]
    needed += plan.of_type("azure-native:cosmosdb:SqlResourceSqlContainer")
    assert {resource.urn for resource in needed} <= waits


def test_the_app_pulls_with_its_own_identity(plan_of: PlanOf) -> None:
    inputs = one(plan_of("dev"), "app:ContainerApp").inputs

    (registry,) = inputs["configuration"]["registries"]
    assert inputs["identity"]["type"] == "UserAssigned"
    assert inputs["identity"]["userAssignedIdentities"] == [registry["identity"]]
    assert "passwordSecretRef" not in registry


@pytest.mark.parametrize("stack", STACKS)
def test_three_probes_are_declared_always(plan_of: PlanOf, stack: str) -> None:
    probes = {probe["type"]: probe for probe in container(plan_of(stack))["probes"]}

    assert probes.keys() == {"Startup", "Liveness", "Readiness"}
    assert {probe["httpGet"]["port"] for probe in probes.values()} == {8000}
    assert all(1 <= probe["failureThreshold"] <= 10 for probe in probes.values())


def test_a_stack_file_can_move_the_probes_to_another_port(project: Project, bytecode: None) -> None:
    plan = synthesise(project, "dev", {"app.probePort": 9999, "app.external": False})

    assert {probe["httpGet"]["port"] for probe in container(plan)["probes"]} == {9999}
    ingress = one(plan, "app:ContainerApp").inputs["configuration"]["ingress"]
    assert (ingress["targetPort"], ingress["external"]) == (8000, False)


def test_numbers_stay_whole(plan_of: PlanOf) -> None:
    ingress = one(plan_of("dev"), "app:ContainerApp").inputs["configuration"]["ingress"]

    assert isinstance(ingress["targetPort"], int)
    assert isinstance(ingress["traffic"][0]["weight"], int)


def test_a_preview_predicts_the_image_and_builds_nothing(plan_of: PlanOf) -> None:
    plan = plan_of("dev")
    registry = one(plan, "containerregistry:Registry").inputs["registryName"]

    assert re.fullmatch(rf"{registry}\.azurecr\.io/seatrial:src-[0-9a-f]{{24}}", container(plan)["image"])


def test_a_promoted_digest_is_taken_as_it_is(project: Project, bytecode: None) -> None:
    digest = "sha256:" + "ab" * 32

    plan = synthesise(project, "prod", {"image.digest": digest})

    assert container(plan)["image"].endswith(f"/seatrial@{digest}")


def test_logs_go_by_azure_monitor_without_a_workspace_key(plan_of: PlanOf) -> None:
    plan = plan_of("dev")

    assert one(plan, "app:ManagedEnvironment").inputs["appLogsConfiguration"] == {
        "destination": "azure-monitor"
    }
    setting = one(plan, "monitor:DiagnosticSetting").inputs
    assert setting["resourceUri"].endswith("/managedEnvironments/cae-seatrial-dev")
    assert setting["logAnalyticsDestinationType"] == "Dedicated"


def test_dev_sleeps_and_prod_never_does(plan_of: PlanOf) -> None:
    dev, prod = scale(plan_of("dev")), scale(plan_of("prod"))

    assert dev["minReplicas"] == 0
    assert prod["minReplicas"] == 2
    assert prod["rules"][0]["http"]["metadata"] == {"concurrentRequests": "40"}


def test_dev_pays_by_request_and_prod_autoscales(plan_of: PlanOf) -> None:
    dev, prod = plan_of("dev"), plan_of("prod")

    assert one(dev, "cosmosdb:DatabaseAccount").inputs["capabilities"] == [{"name": "EnableServerless"}]
    assert "options" not in one(dev, "cosmosdb:SqlResourceSqlDatabase").inputs
    options = one(prod, "cosmosdb:SqlResourceSqlDatabase").inputs["options"]
    assert options == {"autoscaleSettings": {"maxThroughput": 1000}}


def test_containers_are_as_the_data_file_says(plan_of: PlanOf) -> None:
    checkpoints = one(plan_of("dev"), "cosmosdb:SqlResourceSqlContainer", "cosmos-checkpoints")

    resource = checkpoints.inputs["resource"]
    assert resource["partitionKey"]["paths"] == ["/pk"]
    assert resource["defaultTtl"] == -1
    assert {"path": "/*"} in resource["indexingPolicy"]["excludedPaths"]


def test_what_only_the_cloud_knows_is_none(plan_of: PlanOf) -> None:
    plan = plan_of("dev")

    assert roles(plan)["registry-pull"].inputs["principalId"] is None
    assert told(plan)["AZURE_CLIENT_ID"] is None


def test_the_budget_starts_when_the_stack_file_says(plan_of: PlanOf) -> None:
    budget = one(plan_of("dev"), "consumption:Budget").inputs

    assert budget["timePeriod"]["startDate"] == "2026-12-01T00:00:00Z"
    assert all(note["contactRoles"] == ["Owner"] for note in budget["notifications"].values())


def test_staging_believes_entra_and_dev_its_own_key(
    project: Project, plan_of: PlanOf, bytecode: None
) -> None:
    keys = '{"keys":[{"kty":"RSA"}]}'
    dev, staging = told(synthesise(project, "dev", {"authJwks": keys})), told(plan_of("staging"))

    assert (dev["SEATRIAL_AUTH"], dev["AUTH_JWKS"]) == ("key", keys)
    assert staging["SEATRIAL_AUTH"] == "entra"
    assert staging["AUTH_JWKS_URL"].startswith("https://login.microsoftonline.com/")
    assert "AUTH_JWKS" not in staging


def test_a_bad_stack_file_is_an_error_with_its_code(project: Project) -> None:
    with pytest.raises(SynthesisError, match=r"stacks/Pulumi\.dev\.yaml: seatrial:app\.cpu 0") as refused:
        synthesise(project, "dev", {"app.cpu": 0})

    assert refused.value.code == "ST014"
