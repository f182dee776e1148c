"""Azure's request types: its own examples fit, and what it refuses does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.twin.arm.types import TypeTable
from infra.twin.types.carry import TOKENS

EXAMPLES = json.loads((Path(__file__).parent / "azure_examples.json").read_text())
TABLE = TypeTable.load()
BY_TOKEN = {found.token: found for found in TABLE.resources.values()}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one['token']}-{one['title']}")
def test_azures_own_examples_fit(example: dict[str, Any]) -> None:
    fitted, misfits = TABLE.fit(BY_TOKEN[example["token"]], example["body"])

    assert misfits == []
    assert "name" not in fitted


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one['token']}-{one['title']}")
def test_an_unknown_member_is_found_wherever_it_stands(example: dict[str, Any]) -> None:
    body = {**example["body"], "properties": {**example["body"].get("properties", {}), "wrongName": 1}}

    _, misfits = TABLE.fit(BY_TOKEN[example["token"]], body)

    if example["token"] != "managedidentity:UserAssignedIdentity":
        assert [found.path for found in misfits if found.kind == "unknown"] == ["properties.wrongName"]


def test_every_type_the_program_uses_is_carried_and_has_an_example_or_stands_for_itself() -> None:
    assert set(BY_TOKEN) == set(TOKENS)
    assert set(TOKENS) - {one["token"] for one in EXAMPLES} <= {"applicationinsights:Component"}


def _container(**resources: Any) -> dict[str, Any]:
    return {"location": "westeurope", "properties": {"template": {"containers": [{"resources": resources}]}}}


@pytest.mark.parametrize(("cpu", "legal"), [(0.25, True), (1, True), ("0.25", False), (True, False)])
def test_a_fraction_is_a_number_and_nothing_else(cpu: Any, *, legal: bool) -> None:
    _, misfits = TABLE.fit(BY_TOKEN["app:ContainerApp"], _container(cpu=cpu))

    assert (misfits == []) is legal


@pytest.mark.parametrize(
    ("probe", "path"),
    [
        ({"failureThreshold": 11}, "failureThreshold"),
        ({"failureThreshold": 0}, "failureThreshold"),
        ({"failureThreshold": 2.5}, "failureThreshold"),
        ({"initialDelaySeconds": 61}, "initialDelaySeconds"),
        ({"httpGet": {"path": "/"}}, "httpGet.port"),
    ],
)
def test_probe_values_out_of_range_are_named(probe: dict[str, Any], path: str) -> None:
    body = {"location": "x", "properties": {"template": {"containers": [{"probes": [probe]}]}}}

    _, misfits = TABLE.fit(BY_TOKEN["app:ContainerApp"], body)

    assert [found.path for found in misfits] == [f"properties.template.containers[0].probes[0].{path}"]


def test_read_only_properties_are_dropped_and_names_take_azures_spelling() -> None:
    body = {
        "Location": "x",
        "properties": {"provisioningState": "Failed", "WorkloadProfileName": "Consumption"},
    }

    fitted, misfits = TABLE.fit(BY_TOKEN["app:ContainerApp"], body)

    assert misfits == []
    assert fitted == {"location": "x", "properties": {"workloadProfileName": "Consumption"}}


@pytest.mark.parametrize(
    ("name", "legal"), [("acrtwin", True), ("acr-twin", False), ("acr", False), ("a" * 51, False)]
)
def test_registry_names_follow_azures_rule(name: str, *, legal: bool) -> None:
    assert (TABLE.fit_name(BY_TOKEN["containerregistry:Registry"], name) is None) is legal
