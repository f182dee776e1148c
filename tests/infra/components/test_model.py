"""Several deployments on one account: made one after another, told to the app, priced."""

import json
from decimal import Decimal
from itertools import pairwise

import pytest

from infra.config import load_stack
from infra.cost.estimate import estimate
from infra.plan import Plan, PlannedResource
from infra.project import Project
from infra.stack_file import StackFileError
from infra.synthesis import synthesise
from tests.infra.cost.plans import usage

DEPLOYMENT = "azure-native:cognitiveservices:Deployment"
MORE = {
    "cheap": {"model": "gpt-4.1-nano", "version": "2025-04-14"},
    "embed": {"model": "text-embedding-3-small", "version": "1", "capacity": 50, "sku": "Standard"},
    "second": {"model": "gpt-4o-mini", "version": "2024-07-18"},
}


@pytest.fixture(scope="module")
def plan(project: Project, bytecode: None) -> Plan:
    return synthesise(project, "dev", {"model.deployments": MORE})


def one(plan: Plan, name: str) -> PlannedResource:
    (found,) = (resource for resource in plan.resources if resource.name == name)
    return found


def told(plan: Plan) -> dict[str, str]:
    entries = one(plan, "app").inputs["template"]["containers"][0]["env"]
    return {entry["name"]: entry["value"] for entry in entries if entry.get("value")}


def test_each_deployment_waits_for_the_one_before(plan: Plan) -> None:
    made = plan.of_type(DEPLOYMENT)
    chain = ["model-deployment", *(f"model-deployment-{name}" for name in MORE)]

    assert sorted(one.name for one in made) == sorted(chain)
    for before, after in pairwise(chain):
        assert one(plan, before).urn in one(plan, after).depends_on


def test_a_deployment_is_what_the_stack_file_says(plan: Plan) -> None:
    inputs = one(plan, "model-deployment-embed").inputs

    assert inputs["deploymentName"] == "embed"
    assert inputs["sku"] == {"name": "Standard", "capacity": 50}
    assert inputs["properties"]["model"] == {
        "format": "OpenAI",
        "name": "text-embedding-3-small",
        "version": "1",
    }


def test_the_app_waits_for_all_and_knows_their_names(plan: Plan) -> None:
    app, variables = one(plan, "app"), told(plan)

    assert {resource.urn for resource in plan.of_type(DEPLOYMENT)} <= set(app.depends_on)
    assert variables["OPENAI_MODEL_NAME"] == "gpt-4.1-mini"
    assert variables["SEATRIAL_FALLBACK_MODELS"] == "cheap,second"
    assert variables["SEATRIAL_EMBEDDING_MODELS"] == "embed"
    assert list(json.loads(variables["SEATRIAL_PRICES"])["models"]) == ["gpt-4.1-mini", "cheap", "second"]


def test_turns_are_charged_to_the_app_s_own_model_and_no_other_is_silently_free(plan: Plan) -> None:
    found = estimate(plan, usage=usage())
    lines = {line.id: line for line in found.lines}

    asked = lines["model-deployment.tokens-in"].monthly("expected")
    assert asked is not None
    assert asked > 0
    idle = lines["model-deployment-cheap.tokens-in"]
    assert idle.monthly("expected") == Decimal(0)
    assert "turns ask gpt-4.1-mini" in " ".join(idle.formula)
    embedding = lines["model-deployment-embed.tokens-embedded"]
    assert (embedding.monthly("expected"), embedding.price is not None) == (None, True)


@pytest.mark.parametrize(
    ("deployments", "reason"),
    [
        ({"GPT-4.1-mini": MORE["cheap"]}, "two deployments are called gpt-4.1-mini"),
        ({"x": {"model": "gpt-4o"}}, "seatrial:model.deployments.x.version is missing"),
        ({"x": {**MORE["cheap"], "capacity": 0}}, "capacity"),
    ],
)
def test_deployments_that_cannot_be_are_refused(
    project: Project, deployments: dict[str, object], reason: str
) -> None:
    with pytest.raises(StackFileError, match=reason):
        load_stack(project, "dev", {"model.deployments": deployments})
