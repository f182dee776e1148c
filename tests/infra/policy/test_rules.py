"""What the rules say about single resources: the edges that no example shows."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.plan import Plan, PlannedResource
from infra.policy.evaluate import of_resource, violations
from infra.policy.limits import limits_from

LIMITS = limits_from({})
APP = "azure-native:app:ContainerApp"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
HOLDERS = (
    "configuration",
    "template",
    "containers",
    "env",
    "ingress",
    "properties",
    "location",
    "tags",
    "sku",
)


def resource(token: str, inputs: dict[str, Any]) -> PlannedResource:
    return PlannedResource(type=token, name="it", inputs=inputs, urn="urn:it")


def broken(token: str, inputs: dict[str, Any], **bounds: Any) -> list[str]:
    return [
        one.rule for one in of_resource(resource(token, inputs), limits_from(bounds) if bounds else LIMITS)
    ]


def app(**container: Any) -> dict[str, Any]:
    probes = [{"type": kind} for kind in ("Startup", "Liveness", "Readiness")]
    return {"template": {"containers": [{"name": "app", "probes": probes, **container}]}}


def test_an_app_that_declares_its_probes_breaks_nothing() -> None:
    assert broken(APP, app()) == []


@pytest.mark.parametrize(
    "image",
    [
        "cr.azurecr.io/a:latest",
        "cr.azurecr.io/a",
        "cr.azurecr.io/a:1.2.3",
        "cr.azurecr.io:5000/a",
        "a:src-12",
    ],
)
def test_a_name_that_can_move_is_refused(image: str) -> None:
    assert broken(APP, app(image=image)) == ["image-by-content"]


@pytest.mark.parametrize(
    "image", [f"cr/a@sha256:{'0' * 64}", f"cr/a:src-{'a1' * 12}", f"cr/a:1@sha256:{'f' * 64}", None]
)
def test_a_name_by_content_and_an_unknown_one_are_not(image: str | None) -> None:
    assert broken(APP, app(image=image)) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEATHER_API_KEY", "x"),
        ("DB_PASSWORD", None),
        ("GITHUB_TOKEN", "x"),
        ("STORAGE", "DefaultEndpointsProtocol=https;AccountKey=abcdefgh==;"),
        ("DATABASE_URL", "postgres://me:hunter2@db/agents"),
        ("UPSTREAM", "https://x.blob.core.windows.net/c?sv=1&sig=abcdefghijklmnopqrstuvwx"),
        ("NOTE", "-----BEGIN PRIVATE KEY-----"),
        ("AUTH_JWKS", json.dumps({"keys": [{"kty": "EC", "x": "1", "y": "2", "d": "3"}]})),
    ],
)
def test_a_variable_that_holds_a_secret_is_refused_and_not_quoted(name: str, value: str | None) -> None:
    (found,) = of_resource(resource(APP, app(env=[{"name": name, "value": value}])), LIMITS)

    assert found.rule == "secret-variables"
    assert name in found.message
    assert value is None or len(value) < 2 or value not in found.message


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "WEATHER_API_KEY", "secretRef": "weather"},
        {"name": "WEATHER_API_KEY", "secretRef": None},
        {"name": "WEATHER_API_KEY", "value": ""},
        {"name": "APPLICATIONINSIGHTS_CONNECTION_STRING", "value": None},
        {"name": "SEATRIAL_MAX_TOKENS", "value": "100"},
        {"name": "AUTH_JWKS", "value": json.dumps({"keys": [{"kty": "EC", "x": "1", "y": "2"}]})},
        {"name": "AUTH_JWKS_URL", "value": "https://login.microsoftonline.com/t/discovery/v2.0/keys"},
        {"name": "AZURE_CLIENT_ID", "value": None},
    ],
)
def test_a_variable_that_holds_none_is_not(entry: dict[str, Any]) -> None:
    assert broken(APP, app(env=[entry])) == []


def test_a_secret_is_a_reference_also_before_its_address_is_known() -> None:
    inputs = {
        **app(),
        "configuration": {"secrets": [{"name": "weather", "keyVaultUrl": None, "identity": None}]},
    }

    assert broken(APP, inputs) == []


@pytest.mark.parametrize("external", [True, False, None])
def test_open_is_refused_behind_an_external_ingress_alone(*, external: bool | None) -> None:
    inputs = {
        **app(env=[{"name": "SEATRIAL_AUTH", "value": "open"}]),
        "configuration": {"ingress": {"external": external}},
    }

    assert broken(APP, inputs) == (["open-auth"] if external else [])


def test_a_registry_opened_by_a_password_is_refused() -> None:
    registries = [{"server": "cr", "username": "u", "passwordSecretRef": "p"}]

    assert broken(APP, {**app(), "configuration": {"registries": registries}}) == ["stored-keys"]


def test_the_cpu_of_a_replica_is_that_of_all_its_containers() -> None:
    inputs = app(resources={"cpu": 1.5})
    inputs["template"]["containers"] *= 2

    assert broken(APP, inputs) == ["sizes"]
    assert broken(APP, inputs, cpu=3) == []


@pytest.mark.parametrize(("cap", "refused"), [(None, True), (-1, True), (0, True), (11, True), (10, False)])
def test_a_workspace_has_a_cap_within_the_bound(*, cap: float | None, refused: bool) -> None:
    inputs = {"features": {"disableLocalAuth": True}, "workspaceCapping": {"dailyQuotaGb": cap}}

    assert broken("azure-native:operationalinsights:Workspace", inputs) == (["log-cap"] if refused else [])


@pytest.mark.parametrize(("access", "refused"), [(None, True), ("Enabled", True), ("Disabled", False)])
def test_a_stack_that_forbids_public_endpoints_has_none(*, access: str | None, refused: bool) -> None:
    inputs = {"properties": {"enableRbacAuthorization": True, "publicNetworkAccess": access}}
    vault = "azure-native:keyvault:Vault"

    assert broken(vault, inputs, publicNetwork=False) == (["public-network"] if refused else [])
    assert broken(vault, inputs) == []


def test_every_copy_of_a_database_is_in_an_allowed_region() -> None:
    copies = [{"locationName": "East US"}, {"locationName": "Brazil South"}]
    inputs = {"disableLocalAuth": True, "backupPolicy": {"type": "Continuous"}, "locations": copies}
    (found,) = of_resource(resource("azure-native:cosmosdb:DatabaseAccount", inputs), LIMITS)

    assert (found.rule, "brazilsouth" in found.message) == ("regions", True)


@pytest.mark.parametrize("tags", [{}, {"workload": "seatrial"}, {"workload": "seatrial", "stage": ""}])
def test_a_resource_with_a_location_has_the_tags(tags: dict[str, str]) -> None:
    assert broken("azure-native:portal:Dashboard", {"location": "eastus", "tags": tags}) == ["tags"]
    assert broken("azure-native:portal:Dashboard", {"tags": tags}) == []


def test_a_type_that_names_its_api_version_is_the_type() -> None:
    token = "azure-native:containerregistry/v20230701:Registry"

    assert broken(token, {"adminUserEnabled": True, "anonymousPullEnabled": True}) == ["registry-users"] * 2


def test_what_is_no_resource_of_azure_is_not_judged() -> None:
    assert broken("pulumi:providers:azure-native", {"location": "brazilsouth"}) == []


def test_violations_come_in_the_order_of_their_codes() -> None:
    plan = Plan(
        stack="dev",
        resources=(
            resource(APP, {**app(image="a:latest"), "location": "mars"}),
            resource("azure-native:containerregistry:Registry", {"adminUserEnabled": True}),
        ),
    )

    found = [one.rule for one in violations(plan, LIMITS)]

    assert found == ["registry-users", "tags", "regions", "image-by-content", "budget"]


@given(
    token=st.sampled_from(
        [APP, "azure-native:cosmosdb:DatabaseAccount", "azure-native:app:ManagedEnvironment"]
    ),
    inputs=st.dictionaries(st.sampled_from(HOLDERS), JSON | st.dictionaries(st.sampled_from(HOLDERS), JSON)),
)
def test_no_shape_of_inputs_breaks_a_rule_itself(token: str, inputs: dict[str, Any]) -> None:
    assert all(one.message for one in of_resource(resource(token, inputs), LIMITS))
