"""Jobs through ARM: refused as Azure does, started by hand, and their results kept."""

import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from infra.twin.client import ArmError
from infra.twin.config import TwinConfig
from infra.twin.runtime.behaviour import ContainerAppBehaviour
from tests.infra.twin.conftest import ACR_PULL, GROUP, REGION, Rehearsal, rehearsal

API = "2025-02-02-preview"
JOB = f"{GROUP}/providers/Microsoft.App/jobs/caj"
SCRIPT = "import os, sys; print('as', os.environ['NAME'], sys.argv[1:], 'IDENTITY_HEADER' in os.environ)"
CRON = {"cronExpression": "17 3 * * 1"}


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    state = tmp_path_factory.mktemp("state")
    config = TwinConfig(stack="dev", state=state, app_cwd=state, app_command=(sys.executable,))
    with rehearsal(config, ContainerAppBehaviour) as started:
        started.group()
        started.registry()
        started.role(GROUP, started.identity()["properties"]["principalId"], ACR_PULL)
        yield started


def job(twin: Rehearsal, script: str = SCRIPT, **configuration: Any) -> dict[str, Any]:
    environment = f"{GROUP}/providers/Microsoft.App/managedEnvironments/env"
    twin.arm.put(environment, {"location": REGION, "properties": {}}, API)
    identity = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
    container = {
        "name": "maintenance",
        "image": f"{twin.login_server}/seatrial:1",
        "command": [sys.executable],
        "args": ["-c", script, "--days", "8"],
        "env": [{"name": "NAME", "value": "a job"}],
        "resources": {"cpu": 0.5, "memory": "1Gi"},
    }
    settings = {"triggerType": "Schedule", "scheduleTriggerConfig": CRON, "replicaTimeout": 30}
    registries = [{"server": twin.login_server, "identity": identity}]
    properties = {
        "environmentId": environment,
        "configuration": {**settings, "registries": registries, **configuration},
        "template": {"containers": [container]},
    }
    assigned = {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}
    return {"location": REGION, "identity": assigned, "properties": properties}


def run(twin: Rehearsal) -> dict[str, Any]:
    """Start the job and wait until its execution is over."""
    begun = twin.arm._send("POST", f"{JOB}/start", params={"api-version": API}).json()
    deadline = time.monotonic() + 60
    while (found := twin.arm.get(begun["id"], API)["properties"])["status"] == "Running":
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def test_a_started_job_runs_its_command_as_its_identity_and_the_result_is_kept(twin: Rehearsal) -> None:
    twin.arm.put(JOB, job(twin), API)

    found = run(twin)

    assert found["status"] == "Succeeded"
    assert found["detailedStatus"]["output"] == ["as a job ['--days', '8'] True"]
    assert found["startTime"] < found["endTime"]
    assert len(twin.arm.list(f"{JOB}/executions", API)) == 1
    assert any("schedules are recorded" in one for one in twin.admin.status()["not_shown"])


@pytest.mark.parametrize(
    ("script", "configuration", "detail"),
    [
        ("raise SystemExit(3)", {}, "exit code 3"),
        ("import time; time.sleep(60)", {"replicaTimeout": 1}, "not over after replicaTimeout 1 s"),
    ],
)
def test_what_fails_says_how(
    twin: Rehearsal, script: str, configuration: dict[str, Any], detail: str
) -> None:
    twin.arm.put(JOB, job(twin, script, **configuration), API)

    found = run(twin)

    assert found["status"] == "Failed"
    assert detail in found["detailedStatus"]["replicas"][0]["containers"][0]["code"]


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        ({"scheduleTriggerConfig": None}, "JobTriggerConfigMissing"),
        ({"scheduleTriggerConfig": {"cronExpression": "daily"}}, "JobInvalidCronExpression"),
        (
            {"registries": [{"server": "x", "identity": "/no/such"}]},
            "RegistryIdentityNotAssigned",
        ),
    ],
)
def test_a_job_is_refused_for_azures_reasons(
    twin: Rehearsal, configuration: dict[str, Any], code: str
) -> None:
    with pytest.raises(ArmError, match=code):
        twin.arm.put(JOB, job(twin, **configuration), API)


def test_a_jobs_executions_go_with_it(twin: Rehearsal) -> None:
    twin.arm.put(JOB, job(twin), API)
    run(twin)

    twin.arm.delete(JOB, API)

    assert not (twin.twin.config.state / "jobs" / "caj.json").exists()
