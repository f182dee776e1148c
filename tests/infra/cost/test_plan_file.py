"""A preview's output as a plan: what is unknown, secret, renamed, left out or malformed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.cost.estimate import estimate
from infra.cost.plan_file import COMMAND, UNKNOWN, PlanFileError, canonical, read_plan
from infra.plan import Plan, PlannedResource

STACK = "urn:pulumi:prod::shop::"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}


def urn(token: str, name: str) -> str:
    return f"{STACK}{token}::{name}"


def step(token: str, name: str, op: str = "create", **state: Any) -> dict[str, Any]:
    own = urn(token, name)
    new = {"urn": own, "type": token, "custom": True, "inputs": {}, **state}
    return {"op": op, "urn": own, "newState": new}


def preview(*steps: dict[str, Any], **more: Any) -> str:
    root = step("pulumi:pulumi:Stack", "shop-prod", custom=False)
    return json.dumps(
        {"config": {}, "steps": [root, *steps], "changeSummary": {"create": len(steps)}, **more}
    )


def only(*steps: dict[str, Any]) -> PlannedResource:
    return read_plan(preview(*steps), "plan.json").resources[-1]


GROUP = step("azure-native:resources:ResourceGroup", "group", inputs={"resourceGroupName": "rg-shop"})
ACCOUNT = step(
    "azure-native:documentdb:DatabaseAccount", "db", inputs={"accountName": "db1", "location": "West Europe"}
)


def as_preview(plan: Plan) -> str:
    """Return a plan as the preview of a first deployment shows it."""
    return preview(
        *(
            {
                "op": "create",
                "urn": one.urn,
                "newState": {
                    "urn": one.urn,
                    "type": one.type,
                    "custom": True,
                    "inputs": one.inputs,
                    "dependencies": list(one.depends_on),
                },
            }
            for one in plan.resources
        )
    )


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_preview_costs_what_the_program_costs(stack: str, plan_of: Callable[[str], Plan]) -> None:
    plan = plan_of(stack)

    read = read_plan(as_preview(plan), "plan.json")

    assert estimate(read).total("idle") == estimate(plan).total("idle") > 0
    assert len(read.resources) == len(plan.resources)


def test_the_stack_and_the_names_come_from_the_urns() -> None:
    plan = read_plan(preview(GROUP), "plan.json")

    assert plan.stack == "prod"
    assert [one.name for one in plan.resources] == ["group"]


def test_a_reference_that_is_not_known_yet_is_joined_by_its_dependencies() -> None:
    database = step(
        "azure-native:cosmosdb:SqlResourceSqlDatabase",
        "agents",
        inputs={"accountName": UNKNOWN, "resourceGroupName": UNKNOWN},
        propertyDependencies={
            "accountName": [GROUP["urn"], ACCOUNT["urn"]],
            "resourceGroupName": [GROUP["urn"]],
        },
    )

    assert only(GROUP, ACCOUNT, database).inputs == {"accountName": "db1", "resourceGroupName": "rg-shop"}


def test_an_id_that_is_not_known_yet_is_the_urn_of_what_it_names() -> None:
    telemetry = step(
        "azure-native:applicationinsights:Component",
        "ai",
        inputs={"workspaceResourceId": UNKNOWN},
        propertyDependencies={"workspaceResourceId": [GROUP["urn"], ACCOUNT["urn"]]},
    )

    assert only(GROUP, ACCOUNT, telemetry).inputs["workspaceResourceId"] == ACCOUNT["urn"]


def test_what_is_unknown_or_secret_is_none_wherever_it_stands() -> None:
    inputs = {
        "sku": {"name": UNKNOWN},
        "scopes": [UNKNOWN],
        "key": "[secret]",
        "deep": {"own": SECRET},
        "size": 2.0,
        "share": 0.5,
        "__defaults": [],
    }

    assert only(step("azure-native:app:ContainerApp", "app", inputs=inputs)).inputs == {
        "sku": {"name": None},
        "scopes": [None],
        "key": None,
        "deep": {"own": None},
        "size": 2,
        "share": 0.5,
    }


def test_a_resource_whose_price_hangs_on_an_unknown_is_unresolved_and_never_free() -> None:
    registry = step("azure-native:containerregistry:Registry", "r", inputs={"sku": {"name": UNKNOWN}})
    found = estimate(read_plan(preview(GROUP, registry), "plan.json"))

    assert found.resources[-1].monthly("idle") is None
    assert not found.complete


def test_a_region_has_its_short_name() -> None:
    inputs = {"location": "West Europe", "locations": [{"locationName": "East US 2"}]}
    found = only(step("azure-native:cosmosdb:DatabaseAccount", "db", inputs=inputs))

    assert found.inputs == {"location": "westeurope", "locations": [{"locationName": "eastus2"}]}


@pytest.mark.parametrize(
    ("token", "today"),
    [
        ("azure-native:documentdb:DatabaseAccount", "azure-native:cosmosdb:DatabaseAccount"),
        (
            "azure-native:documentdb/v20230915:SqlResourceSqlDatabase",
            "azure-native:cosmosdb:SqlResourceSqlDatabase",
        ),
        ("azure-native:insights:Component", "azure-native:applicationinsights:Component"),
        ("azure-native:insights/v20180301:MetricAlert", "azure-native:monitor:MetricAlert"),
        ("azure-native:app/v20250101:ContainerApp", "azure-native:app:ContainerApp"),
        ("random:index:RandomId", "random:index:RandomId"),
    ],
)
def test_a_type_has_todays_name(token: str, today: str) -> None:
    assert canonical(token) == today


def test_what_will_be_gone_is_not_priced_and_what_is_replaced_once() -> None:
    old = {**step("azure-native:app:ContainerApp", "gone", op="delete")}
    old["oldState"] = old.pop("newState")
    registry = ("azure-native:containerregistry:Registry", "r")
    steps = [
        GROUP,
        old,
        step(*registry, op="create-replacement", inputs={"sku": {"name": "Premium"}}),
        step(*registry, op="replace", inputs={"sku": {"name": "Premium"}}),
        step(*registry, op="delete-replaced", inputs={"sku": {"name": "Basic"}}),
        step("azure-native:keyvault:Vault", "elsewhere", op="read"),
    ]

    found = read_plan(preview(*steps), "plan.json").resources

    assert [(one.name, one.inputs.get("sku")) for one in found] == [
        ("group", None),
        ("r", {"name": "Premium"}),
    ]


def test_components_and_providers_are_no_resources() -> None:
    steps = [
        step("seatrial:index:App", "part", custom=False),
        step("pulumi:providers:azure-native", "default"),
    ]

    assert [one.name for one in read_plan(preview(*steps, GROUP), "p").resources] == ["group"]


def test_unchanged_resources_that_were_left_out_are_missed() -> None:
    text = preview(GROUP, changeSummary={"create": 1, "same": 21})

    with pytest.raises(PlanFileError, match=r"leaves out 21 unchanged resources.*without --show-sames"):
        read_plan(text, "plan.json")


def test_unchanged_resources_that_are_shown_are_priced() -> None:
    same = step("azure-native:containerregistry:Registry", "r", op="same")

    assert len(read_plan(preview(GROUP, same, changeSummary={"same": 1}), "p").resources) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON"),
        ("Previewing update (prod)", "is no JSON"),
        ("[]", "holds a JSON list, not an object"),
        ("{}", r"has no list 'steps' \(its keys: none\)"),
        ('{"steps": {}}', "has no list 'steps'"),
        ('{"steps": []}', "plans no resource"),
        ('{"steps": [3]}', "step 0 has no 'op'"),
        ('{"steps": [{"op": "create"}]}', r"step 0 \(create\) has no 'newState' with a 'urn'"),
        ('{"steps": [{"op": "create", "newState": {"urn": "x"}}]}', "'x' is no URN of Pulumi"),
        ('{"sequence": 0}\n{"sequence": 1}', "is a stream of engine events"),
        ('{"steps": [\n{"op": "create"},\n{"op"', "is no JSON"),
        (b"\xff\xfe\x00", "is no JSON"),
        (
            '{"steps": [], "diagnostics": [{"severity": "error", "message": "no project"}]}',
            "failed: no project",
        ),
    ],
)
def test_what_is_no_preview_is_refused_with_the_next_step(text: str | bytes, said: str) -> None:
    with pytest.raises(PlanFileError, match=f"^plan.json: .*{said}") as refused:
        read_plan(text, "plan.json")

    assert COMMAND in str(refused.value)
