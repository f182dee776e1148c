import json
from pathlib import Path
from typing import Any

import pytest

from infra.twin.adapters.translate import MissingParameterError, Translator, UnknownTypeError

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"


def call(token: str, name: str = "logical", stack: str = "dev", **inputs: Any) -> Any:
    return Translator(stack).call(f"azure-native:{token}", name, inputs)


def test_a_group_lies_in_the_subscription() -> None:
    made = call("resources:ResourceGroup", resourceGroupName="rg", location="eastus")

    assert (made.id, made.body, made.api_version) == (GROUP, {"location": "eastus"}, "2024-03-01")


def test_properties_move_to_where_arm_wants_them() -> None:
    made = call(
        "app:ContainerApp",
        resourceGroupName="rg",
        containerAppName="ca",
        managedEnvironmentId="/env",
        template={"scale": {"minReplicas": 0}},
    )

    assert made.id == f"{GROUP}/providers/Microsoft.App/containerApps/ca"
    assert made.body == {
        "properties": {"managedEnvironmentId": "/env", "template": {"scale": {"minReplicas": 0}}}
    }


def test_identities_are_a_list_for_the_sdk_and_a_map_for_arm() -> None:
    identity = {"type": "UserAssigned", "userAssignedIdentities": ["/id"]}

    made = call("app:ContainerApp", resourceGroupName="rg", containerAppName="ca", identity=identity)

    assert made.body["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {"/id": {}}}


def test_a_child_names_its_parents_and_an_assignment_its_scope() -> None:
    child = call(
        "cosmosdb:SqlResourceSqlContainer",
        resourceGroupName="rg",
        accountName="db",
        databaseName="agents",
        containerName="runs",
    )
    role = call("authorization:RoleAssignment", scope=f"{GROUP}/", roleAssignmentName="guid", principalId="p")

    account = f"{GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/db"
    assert child.id == f"{account}/sqlDatabases/agents/containers/runs"
    assert role.id == f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/guid"


def test_a_discriminator_is_renamed_inside_its_variant() -> None:
    kind = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"

    made = call("monitor:MetricAlert", resourceGroupName="rg", ruleName="r", criteria={"odataType": kind})

    assert made.body["properties"]["criteria"] == {"odata.type": kind}


def test_what_the_map_does_not_know_is_passed_on_for_arm_to_refuse() -> None:
    made = call(
        "app:ContainerApp",
        resourceGroupName="rg",
        containerAppName="ca",
        template={"replicas": 3},
        colour="red",
    )

    assert made.body == {"colour": "red", "properties": {"template": {"replicas": 3}}}


def test_a_name_that_the_program_leaves_out_is_stable_and_the_stack_s_own() -> None:
    first, again = (call("managedidentity:UserAssignedIdentity", "id", resourceGroupName="rg") for _ in "ab")
    other = call("managedidentity:UserAssignedIdentity", "id", "prod", resourceGroupName="rg")

    assert first.id == again.id != other.id
    assert len(first.id.rpartition("/id")[2]) == 8


def test_a_resource_without_its_group_is_refused() -> None:
    with pytest.raises(MissingParameterError, match="resourceGroupName"):
        call("app:ContainerApp", containerAppName="ca")


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownTypeError, match="app:ContainerApp"):
        call("network:NatGateway", resourceGroupName="rg")


def test_outputs_show_properties_beside_id_and_name() -> None:
    answer = {"id": "/x", "name": "cr", "properties": {"loginServer": "localhost:1"}}

    shown = Translator("dev").outputs("azure-native:containerregistry:Registry", answer)

    assert (shown["loginServer"], shown["name"], shown["id"]) == ("localhost:1", "cr", "/x")


def test_the_carried_map_covers_the_same_types_as_the_carried_requests() -> None:
    types = Path("infra/twin/types")
    sdk, arm = (json.loads((types / name).read_text()) for name in ("sdk.json", "arm.json"))

    assert {entry["arm"].lower() for entry in sdk["tokens"].values()} == {
        kind.partition("@")[0].lower() for kind in arm["resources"]
    }


def test_outputs_are_named_as_the_sdk_names_them() -> None:
    """Regression: the telemetry's connection string never reached the program."""
    answer = {"name": "appi", "properties": {"ConnectionString": "c", "Application_Type": "web"}}

    outputs = Translator("dev").outputs("azure-native:applicationinsights:Component", answer)

    assert (outputs["connectionString"], outputs["applicationType"]) == ("c", "web")


def test_live_values_come_back_in_the_form_of_inputs() -> None:
    inputs = {"containerAppName": "ca", "identity": {"userAssignedIdentities": ["/id"]}, "template": {}}
    answer = {
        "identity": {"userAssignedIdentities": {"/id": {}, "/other": {}}},
        "properties": {"template": {"scale": {"maxReplicas": 9}}},
    }

    live = Translator("dev").live("azure-native:app:ContainerApp", inputs, answer)

    assert live["identity"]["userAssignedIdentities"] == ["/id", "/other"]
    assert live["template"] == {"scale": {"maxReplicas": 9}}
    assert live["containerAppName"] == "ca"
