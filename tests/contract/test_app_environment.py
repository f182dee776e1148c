"""The one place where app and infra meet: variables, a port, probe paths. Both sides are imported here."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from app.main import ROUTERS
from app.settings import Settings, legal_variables, read_settings
from infra.components.variables import further_models
from infra.options.data import ModelConfig
from tests.plans import Plans

Container = dict[str, Any]


def public_keys() -> str:
    key = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key()))
    return json.dumps({"keys": [{**key, "kid": "dev", "alg": "ES256", "use": "sig"}]})


@pytest.fixture(scope="module", params=["dev", "staging", "prod"])
def app_inputs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    overrides = {"authJwks": public_keys()} if request.param == "dev" else {}
    plan = Plans(tmp_path_factory).of(request.param, overrides)
    (app,) = plan.of_type("azure-native:app:ContainerApp")
    return app.inputs


@pytest.fixture
def container(app_inputs: dict[str, Any]) -> Container:
    (found,) = app_inputs["template"]["containers"]
    return dict(found)


def settings_of(container: Container) -> Settings:
    """Return what the app makes of its variables; what only the cloud knows gets a stand-in."""
    told = {
        entry["name"]: entry.get("value") or "InstrumentationKey=known-later" for entry in container["env"]
    }
    return read_settings(told)


def test_the_app_knows_every_variable_that_infra_sets(container: Container) -> None:
    assert {entry["name"] for entry in container["env"]} <= set(legal_variables())


def test_the_app_accepts_the_values_that_infra_sets(container: Container) -> None:
    settings = settings_of(container)

    assert settings.model.name == "gpt-4.1-mini"
    assert settings.goal.name == "travel_planning"


def test_the_app_reads_the_names_of_further_deployments() -> None:
    config = ModelConfig.model_validate(
        {
            "name": "gpt-4.1-mini",
            "version": "2025-04-14",
            "deployments": {
                "cheap": {"model": "gpt-4.1-nano", "version": "2025-04-14"},
                "embed": {"model": "text-embedding-3-small", "version": "1"},
                "second": {"model": "gpt-4o-mini", "version": "2024-07-18"},
            },
        }
    )

    told = read_settings({"SEATRIAL_AUTH": "open", **further_models(config)}).model

    assert (told.fallback_names, told.embedding_names) == (("cheap", "second"), ("embed",))


def test_the_app_is_told_the_list_prices_of_its_own_model(container: Container) -> None:
    settings = settings_of(container).model
    prices = settings.price_list()

    assert prices is not None
    assert list(prices.models) == [settings.name]


def test_the_app_listens_where_ingress_and_probes_look(
    app_inputs: dict[str, Any], container: Container
) -> None:
    probed = {probe["httpGet"]["port"] for probe in container["probes"]}

    assert {settings_of(container).server.port} == probed
    assert probed == {app_inputs["configuration"]["ingress"]["targetPort"]}


def test_every_probe_asks_a_path_that_the_app_has(container: Container) -> None:
    served = {getattr(route, "path", "") for router in ROUTERS for route in router.routes}

    assert {probe["httpGet"]["path"] for probe in container["probes"]} <= served


def test_the_app_hands_over_before_it_is_killed(app_inputs: dict[str, Any], container: Container) -> None:
    grace = app_inputs["template"]["terminationGracePeriodSeconds"]

    assert settings_of(container).server.grace_seconds < grace
