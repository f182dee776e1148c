"""The adapter against a real twin that runs a small stand-in for the app as a process."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.project import Project
from infra.synthesis import adapter_command, adapter_environment
from infra.twin.client import ArmClient, ArmError, TwinClient
from tests.infra.adapters.others import configuration, owned, set_by_others
from tests.infra.adapters.stand_in import DIGEST, KEYS, twin_of

pytestmark = pytest.mark.twin


@dataclass
class Rehearsal:
    project: Project
    state: Path

    def up(self, **overrides: Any) -> tuple[int, list[dict[str, Any]]]:
        given = {"image.digest": DIGEST, "authJwks": KEYS, "app.minReplicas": 1, **overrides}
        ended = subprocess.run(
            [*adapter_command("up", self.project, "dev", given), "--twin", str(self.state)],
            cwd=self.project.root,
            env=adapter_environment(self.project),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.stderr == ""
        return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()]

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.project.root / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))


def named(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == kind]


@pytest.fixture(scope="module")
def rehearsal(
    tmp_path_factory: pytest.TempPathFactory, project: Project, bytecode: None
) -> Iterator[Rehearsal]:
    root = tmp_path_factory.mktemp("project")
    leave = shutil.ignore_patterns("__pycache__")
    for folder in ("infra", "stacks"):
        shutil.copytree(project.root / folder, root / folder, ignore=leave)
    state = root / "state"
    with twin_of(project, root, state):
        yield Rehearsal(Project(root), state)


@pytest.fixture(scope="module")
def deployed(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    code, events = rehearsal.up()
    assert code == 0, events
    return events


def test_every_resource_is_made_and_the_outputs_are_known(deployed: list[dict[str, Any]]) -> None:
    made = [event for event in named(deployed, "resource") if event["status"] == "created"]
    (outputs,) = named(deployed, "outputs")

    assert len(made) == 22
    assert all(event["id"].startswith("/subscriptions/") for event in made)
    assert all(outputs["outputs"].values())
    assert outputs["outputs"]["image"].endswith(f"/seatrial@{DIGEST}")
    assert outputs["outputs"]["url"].startswith("http://localhost:")


def test_the_app_is_made_after_its_roles(deployed: list[dict[str, Any]]) -> None:
    order = [(event["name"], event["status"]) for event in named(deployed, "resource")]

    begun = order.index(("app", "creating"))
    for role in ("registry-pull", "model-user", "cosmos-data-role", "logs-sender"):
        assert order.index((role, "created")) < begun


@pytest.mark.long
def test_the_same_program_again_changes_nothing(rehearsal: Rehearsal, deployed: list[dict[str, Any]]) -> None:
    with TwinClient.connect(rehearsal.state) as twin:
        before = twin.status()["apps"][0]["revisions"]

    code, events = rehearsal.up()

    with TwinClient.connect(rehearsal.state) as twin:
        after = twin.status()["apps"][0]["revisions"]
    assert code == 0
    assert not [event for event in named(events, "resource") if event["status"] == "deleted"]
    assert [revision["name"] for revision in after] == [revision["name"] for revision in before]


@pytest.mark.long
def test_what_the_program_no_longer_asks_for_is_deleted(
    rehearsal: Rehearsal, deployed: list[dict[str, Any]]
) -> None:
    rehearsal.edit("infra/__main__.py", 'Budget("budget",', 'tuple or Budget("budget",')

    _, events = rehearsal.up()

    rehearsal.edit("infra/__main__.py", 'tuple or Budget("budget",', 'Budget("budget",')
    (gone,) = [event for event in named(events, "resource") if event["status"] == "deleted"]
    assert gone["name"] == "budget"
    with ArmClient.connect(rehearsal.state) as arm, pytest.raises(ArmError, match="NotFound"):
        arm.get(gone["id"], "2024-08-01")


@pytest.mark.long
def test_what_azure_refuses_is_one_finding_and_no_trace(
    rehearsal: Rehearsal, deployed: list[dict[str, Any]]
) -> None:
    code, events = rehearsal.up(**{"app.memory": "3Gi"})

    (finding,) = named(events, "finding")
    (error,) = named(events, "error")
    assert code == 1
    assert finding["code"] == error["code"] == "ST003"
    assert "Traceback" not in json.dumps(events)
    assert not named(events, "outputs")


@pytest.mark.long
def test_a_mistake_in_the_program_names_its_line(
    rehearsal: Rehearsal, deployed: list[dict[str, Any]]
) -> None:
    rehearsal.edit("infra/components/budget.py", "time_grain=", "time_grains=")

    code, events = rehearsal.up()

    rehearsal.edit("infra/components/budget.py", "time_grains=", "time_grain=")
    (error,) = named(events, "error")
    assert code == 1
    assert re.match(r"infra/components/budget\.py:\d+: TypeError: .*time_grains", error["message"])


@pytest.mark.long
def test_a_stack_without_its_keys_is_refused_before_anything_is_made(rehearsal: Rehearsal) -> None:
    code, events = rehearsal.up(authJwks=None)

    (error,) = events
    assert code == 1
    assert (error["event"], error["code"]) == ("error", "ST014")
    assert "seatrial:authJwks" in error["message"]


@pytest.mark.long
def test_what_others_set_on_the_app_is_kept_by_the_next_deployment(
    rehearsal: Rehearsal, deployed: list[dict[str, Any]]
) -> None:
    with ArmClient.connect(rehearsal.state) as arm:
        app = next(event["id"] for event in named(deployed, "resource") if event["name"] == "app")
        set_by_others(arm, app, rehearsal.state)
        before = configuration(arm, app)

        code, events = rehearsal.up(**{"app.logLevel": "DEBUG"})
        kept = configuration(arm, app)
        rehearsal.up(keep={"domains": False, "traffic": False})
        taken_back = configuration(arm, app)

    (outputs,) = named(events, "outputs")
    assert code == 0, events
    assert [one["label"] for one in before["traffic"]] == ["stable", "next"]
    assert kept == before
    assert outputs["outputs"]["urlLatest"]
    assert taken_back == {"mode": "Single", "traffic": [{"latestRevision": True, "weight": 100}]}


@pytest.mark.long
def test_everything_around_the_app_is_accepted_and_people_come_through_front_door(
    rehearsal: Rehearsal, deployed: list[dict[str, Any]]
) -> None:
    tenant = "11111111-1111-1111-1111-111111111111"
    around = {
        "auth": "entra",
        "entra": {"tenantId": tenant, "audience": "api://seatrial"},
        "signIn": {"clientId": "22222222-2222-4222-8222-222222222222", "unauthenticated": "401"},
        "maintenance": {"schedule": "0 4 * * *"},
        "redis": {"size": "B1"},
        "frontDoor": {"sku": "Premium"},
    }

    code, events = rehearsal.up(**around)

    assert code == 0, named(events, "error")
    (outputs,) = named(events, "outputs")
    with TwinClient.connect(rehearsal.state) as twin:
        status = twin.status()
    assert outputs["outputs"]["url"] in status["urls"].values()
    assert httpx.get(outputs["outputs"]["url"]).status_code == 401
    assert httpx.get(f"{outputs['outputs']['url']}/health").text == "here"
    for words in ("Front Door", "redis", "sign-in", "schedules"):
        assert any(words in sentence for sentence in status["not_shown"]), words
    (app,) = [
        one for one in named(events, "plan")[0]["resources"] if one["type"].endswith("app:ContainerApp")
    ]
    told = {entry["name"] for entry in app["inputs"]["template"]["containers"][0]["env"]}
    assert {"REDIS_HOST", "REDIS_PORT", "SEATRIAL_FRONT_DOOR_ID"} <= told
    assert rehearsal.up()[0] == 0


@pytest.mark.long
def test_a_domain_is_bound_and_certified_in_one_run_where_its_records_are_there(
    rehearsal: Rehearsal, deployed: list[dict[str, Any]]
) -> None:
    name = "agent.example.com"
    owned(rehearsal.state, name)

    code, events = rehearsal.up(domain={"name": name})

    assert code == 0, named(events, "error")
    (outputs,) = named(events, "outputs")
    assert outputs["outputs"]["urlDomain"] == f"https://{name}"
    assert [one["name"] for one in outputs["outputs"]["domainRecords"]] == [f"asuid.{name}", name]
    (certificate,) = [one["id"] for one in named(events, "resource") if one["name"] == "domain"][-1:]
    with ArmClient.connect(rehearsal.state) as arm:
        app = next(event["id"] for event in named(deployed, "resource") if event["name"] == "app")
        (bound,) = configuration(arm, app)["customDomains"]
    assert bound == {"name": name, "bindingType": "Auto", "certificateId": certificate}
