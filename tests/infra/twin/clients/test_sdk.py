"""The genuine azure-mgmt SDKs against what the program made on the twin."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.twin.client import TwinClient
from tests.infra.twin.clients.conftest import Cloud, blocks

pytestmark = [pytest.mark.azuresdk, pytest.mark.twin]

CALLS = Path(__file__).with_name("sdk_calls.py")
REGISTRY = "Microsoft.ContainerRegistry/registries"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
GRANTER = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
REFUSED = "AuthorizationFailed"


def called(cloud: Cloud, name: str, *arguments: str, **more: str) -> Any:
    ended = subprocess.run(
        [os.environ["SEATRIAL_AZURE_SDK"], str(CALLS), name, *arguments],
        env=cloud.environment() | more,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads(ended.stdout)


def test_groups_resources_and_providers_are_listed(cloud: Cloud) -> None:
    found = called(cloud, "groups")

    assert found["groups"] == [cloud.group]
    assert (found["exists"], found["absent"]) == (True, False)
    assert found["registered"] == "Registered"
    assert {"Microsoft.App/containerApps", REGISTRY} <= set(found["kinds"])


def test_the_app_is_shown_with_its_revisions_and_replicas(cloud: Cloud) -> None:
    name = cloud.app()

    found = called(cloud, "app", cloud.group, name)

    assert found["listed"] == [name]
    assert found["state"] == "Succeeded"
    assert found["mode"] == "Single"
    assert found["fqdn"].startswith("localhost:")
    assert found["revisions"][-1] == [found["latest"], True, 100, "Healthy"]
    assert found["replicas"] == [True]
    assert found["token"]


def test_a_change_by_the_sdk_makes_a_revision_that_serves(cloud: Cloud) -> None:
    name = cloud.app()

    changed = called(cloud, "scale", cloud.group, name, "3")

    assert changed["before"] != changed["after"]
    assert called(cloud, "app", cloud.group, name)["revisions"][-1] == [
        changed["after"],
        True,
        100,
        "Healthy",
    ]


def test_a_restart_replaces_the_replica(cloud: Cloud) -> None:
    name = cloud.app()
    latest = called(cloud, "app", cloud.group, name)["latest"]

    replicas = called(cloud, "restart", cloud.group, name, latest)

    assert replicas["before"] != replicas["after"]


def test_a_deactivated_revision_stays_so_until_it_is_activated(cloud: Cloud) -> None:
    name = cloud.app()
    latest = called(cloud, "app", cloud.group, name)["latest"]

    states = called(cloud, "pause", cloud.group, name, latest)

    assert states[:2] == [[False, "Stopped", 0]] * 2
    assert states[2][0] is True
    assert states[2][2] == 1


def test_the_other_services_are_listed(cloud: Cloud) -> None:
    account = cloud.named("Microsoft.DocumentDB/databaseAccounts")

    found = called(cloud, "services", cloud.group, account)

    assert found["registries"] == [cloud.named(REGISTRY)]
    assert found["accounts"] == [account]
    assert found["databases"] == ["agents"]
    assert {"checkpoints", "runs"} <= set(found["containers"])
    assert found["data_roles"] == 1
    assert found["identities"] == [cloud.named("Microsoft.ManagedIdentity/userAssignedIdentities")]
    assert found["assignments"] >= 2
    assert found["first_role"] == "Owner"
    assert found["alerts"]
    assert found["groups"]


def test_each_services_client_changes_and_deletes(cloud: Cloud) -> None:
    alert = cloud.named("Microsoft.Insights/metricAlerts")

    found = called(cloud, "changes", cloud.group, cloud.named(REGISTRY), "id-seatrial-dev", alert)

    assert (found["registry"], found["identity"]) == ("sdk", "sdk")
    assert found["server"].startswith("localhost:")
    assert alert not in found["alerts"]


def test_a_container_is_made_changed_and_deleted(cloud: Cloud) -> None:
    account = cloud.named("Microsoft.DocumentDB/databaseAccounts")

    found = called(cloud, "container", cloud.group, account, "agents", "scratch")

    assert (found["made"], found["ttl"]) == ("scratch", 60)
    assert "scratch" not in found["left"]


@pytest.mark.parametrize(
    ("role", "outcomes"),
    [
        (READER, ("done", REFUSED, REFUSED, REFUSED)),
        (CONTRIBUTOR, ("done", "done", REFUSED, REFUSED)),
        (GRANTER, ("done", REFUSED, "done", "done")),
        (OWNER, ("done", "done", "done", "done")),
    ],
)
def test_a_role_allows_its_actions_and_no_more(cloud: Cloud, role: str, outcomes: tuple[str, ...]) -> None:
    scope = f"/subscriptions/{cloud.subscription}"
    kind = f"{scope}/resourceGroups/{cloud.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    with cloud.arm() as arm:
        who = arm.put(f"{kind}/who-{role[:8]}", {"location": "eastus"}, "2023-01-31")["properties"][
            "principalId"
        ]
        properties = {
            "principalId": who,
            "roleDefinitionId": f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            "principalType": "ServicePrincipal",
        }
        name = f"{role[:8]}-0000-4000-8000-0000000000aa"
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
        arm.put(path, {"properties": properties}, "2022-04-01")
    token = _token(cloud, who)

    tried = called(cloud, "may", cloud.group, who, "7f951dda-4ed3-4680-a7ca-43fe172d538d", GIVEN_TOKEN=token)

    assert tuple(tried[name] for name in ("read", "write", "grant", "revoke")) == outcomes


def _token(cloud: Cloud, principal: str) -> str:
    with TwinClient.connect(cloud.state) as twin:
        return twin.token(
            principal, "https://management.azure.com", "https://login.microsoftonline.com/x/v2.0"
        )


def test_the_documented_lines_of_python_print_the_app(cloud: Cloud) -> None:
    (script,) = blocks("The SDKs")

    said = subprocess.run(
        [os.environ["SEATRIAL_AZURE_SDK"], "-c", script],
        env=cloud.environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.strip() == str([cloud.app()])


def test_tags_are_merged_into_a_group(cloud: Cloud) -> None:
    found = called(cloud, "tags", cloud.group)

    assert found["tags"]["team"] == "blue"


def test_the_app_is_deleted(cloud: Cloud) -> None:
    assert called(cloud, "delete", cloud.group, cloud.app()) == {"left": []}
