"""preview, up, refresh and destroy of the genuine engine, step by step."""

import json
import re
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from infra.synthesis import adapter_environment
from tests.infra.adapters.engine.conftest import Rehearsed, Said
from tests.infra.adapters.others import APP_API, configuration, set_by_others

pytestmark = [pytest.mark.twin, pytest.mark.pulumi, pytest.mark.timeout(300)]


def app_id(stack: Rehearsed) -> str:
    return next(one for one in stack.resources() if "/containerApps/" in one)


def test_an_unchanged_program_changes_nothing(dev: Rehearsed) -> None:
    said = dev.run("up")

    assert said.code == 0
    assert said.steps == {}


@pytest.mark.parametrize(
    ("changes", "steps", "path"),
    [
        ({"app.maxReplicas": 4}, {"app": "update"}, r"template\.scale\.maxReplicas"),
        ({"app.logLevel": "DEBUG"}, {"app": "update"}, r"template\.containers\[0\]\.env\[\d+\]\.value"),
        ({"image.digest": "sha256:" + "cd" * 32}, {"app": "update"}, r"template\.containers\[0\]\.image"),
    ],
)
def test_a_preview_shows_exactly_the_steps_of_a_change(
    dev: Rehearsed, changes: dict[str, Any], steps: dict[str, str], path: str
) -> None:
    before = dev.checkpoint()

    said = dev.run("preview", **changes)

    assert said.code == 0
    assert said.steps == steps
    assert any(re.fullmatch(path, one) for one in said.differs("app"))
    assert dev.checkpoint() == before


def test_a_change_is_made_and_the_next_run_finds_nothing_to_do(dev: Rehearsed) -> None:
    changed = dev.run("up", **{"app.maxReplicas": 3})
    again = dev.run("up", **{"app.maxReplicas": 3})
    with dev.arm() as arm:
        scale = arm.get(app_id(dev), APP_API)["properties"]["template"]["scale"]
    dev.run("up")

    assert changed.steps == {"app": "update"}
    assert again.steps == {}
    assert scale["maxReplicas"] == 3


def test_another_name_replaces_the_resource(dev: Rehearsed) -> None:
    said = dev.run("preview", **{"model.name": "gpt-4o"})

    (event,) = said.of("steps")
    done = [step["op"] for step in event["steps"] if step["name"] == "model-deployment"]
    assert set(done) == {"create-replacement", "replace", "delete-replaced"}
    assert "deploymentName" in said.differs("model-deployment")


def test_a_change_behind_the_engines_back_is_drift_and_is_put_right(dev: Rehearsed) -> None:
    with dev.arm() as arm:
        arm.patch(app_id(dev), {"properties": {"template": {"scale": {"maxReplicas": 9}}}}, APP_API)

    drift = dev.run("refresh")
    repair = dev.run("up")

    assert drift.steps == {"app": "update"}
    assert drift.differs("app") == {"template.scale.maxReplicas"}
    assert repair.steps == {"app": "update"}
    assert dev.run("up").steps == {}


def test_what_others_set_on_the_app_is_kept_and_is_no_drift(dev: Rehearsed) -> None:
    with dev.arm() as arm:
        set_by_others(arm, app_id(dev), dev.state)
        before = configuration(arm, app_id(dev))
        changed = dev.run("up", **{"app.logLevel": "DEBUG"})
        kept = configuration(arm, app_id(dev))
        again = dev.run("up", **{"app.logLevel": "DEBUG"})
        back = dev.run("up", keep={"domains": False, "traffic": False})
        taken_back = configuration(arm, app_id(dev))

    assert changed.steps == {"app": "update"}
    assert kept == before
    assert again.steps == {}
    assert back.code == 0, back.events
    assert taken_back == {"mode": "Single", "traffic": [{"latestRevision": True, "weight": 100}]}


def test_what_is_gone_is_made_again(dev: Rehearsed) -> None:
    alert = next(one for one in dev.resources() if "/metricAlerts/" in one)
    with dev.arm() as arm:
        arm.delete(alert, "2018-03-01")

    assert dev.run("refresh").steps == {"alerts-restarts": "delete"}
    assert dev.run("up").steps == {"alerts-restarts": "create"}
    assert alert in dev.resources()


def test_a_refusal_of_the_twin_reaches_the_engine_with_its_finding(dev: Rehearsed) -> None:
    said = dev.run("up", **{"app.cpu": 1.5, "app.memory": "2Gi"})

    assert said.code == 1
    assert [event["code"] for event in said.of("finding")] == ["ST003"]
    assert any("CPU and memory" in event["message"] for event in said.of("error"))
    assert dev.run("up").code == 0


@pytest.mark.parametrize("verb", ["preview", "up"])
def test_what_breaks_a_policy_is_not_begun(dev: Rehearsed, verb: str) -> None:
    before = dev.checkpoint()

    said = dev.run(verb, **{"app.environment": {"WEATHER_API_KEY": "in clear", "SMTP_PASSWORD": "too"}})

    assert said.code == 1
    assert [(event["code"], event["resource"].split()[0]) for event in said.of("finding")] == [
        ("ST113", "app"),
        ("ST113", "app"),
    ]
    assert not said.of("steps")
    assert dev.checkpoint() == before


def test_no_secret_is_in_the_state(dev: Rehearsed) -> None:
    state = dev.checkpoint()
    twin = json.loads((dev.state / "twin.json").read_text())

    for secret in (twin["token"], twin["operator_identity_header"], "PRIVATE KEY", "AccountKey", "sharedKey"):
        assert secret not in state


def test_a_killed_engine_leaves_no_half_of_a_state(dev: Rehearsed) -> None:
    kept = (dev.state / "pulumi" / "state").rglob("*")

    rewritten_in_place = [path.name for path in kept if path.suffix == ".attrs"]

    assert dev.checkpoint()
    assert rewritten_in_place == []


@pytest.fixture(scope="module")
def interrupted(rehearse: Callable[[str], Rehearsed]) -> tuple[Rehearsed, Said]:
    """Return staging whose first `up` was killed while it made the account, and what the second one said."""
    stack = rehearse("staging")
    kill_when(stack, "up", lambda line: '"creating"' in line and "DatabaseAccount" in line)
    return stack, stack.run("up")


def kill_when(stack: Rehearsed, verb: str, due: Callable[[str], bool]) -> None:
    """Run a verb and kill the engine at the first line of the adapter that is `due`."""
    with subprocess.Popen(
        stack.command(verb),
        cwd=stack.project.root,
        env=adapter_environment(stack.project),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if due(line):
                break
        _kill(stack, running)


def _kill(stack: Rehearsed, running: "subprocess.Popen[str]") -> None:
    subprocess.run(["pkill", "-KILL", "-g", str(running.pid)], check=False)
    subprocess.run(["pkill", "-KILL", "-f", str(stack.state / "pulumi")], check=False)
    running.wait(30)
    time.sleep(0.5)


def providers() -> list[str]:
    found = subprocess.run(["pgrep", "-af", "adapters.provider"], capture_output=True, text=True, check=False)
    return found.stdout.splitlines()


def test_a_killed_engine_is_recovered_from(interrupted: tuple[Rehearsed, Said]) -> None:
    stack, said = interrupted

    assert said.code == 0, said.events
    assert any("interrupted" in event["message"] for event in said.of("progress"))
    assert not [line for line in providers() if str(stack.state) in line]
    assert stack.run("up").steps == {}


def test_what_a_killed_destroy_deleted_is_made_again(interrupted: tuple[Rehearsed, Said]) -> None:
    stack, _ = interrupted
    before = stack.resources()

    kill_when(stack, "destroy", lambda line: '"deleting"' in line and "ContainerApp" in line)
    said = stack.run("up")

    assert said.code == 0, said.events
    assert any("its deletion was interrupted" in event["message"] for event in said.of("progress"))
    assert stack.resources() == before


def test_destroy_leaves_nothing(interrupted: tuple[Rehearsed, Said]) -> None:
    stack, _ = interrupted

    said = stack.run("destroy")

    assert said.code == 0, said.events
    assert stack.resources() == []


def test_what_holds_data_in_prod_survives_a_destroy(rehearse: Callable[[str], Rehearsed]) -> None:
    stack = rehearse("prod")

    made = stack.run("up")
    held = [one for one in stack.resources() if "databaseAccounts" in one and "Role" not in one]
    refused = stack.run("destroy")

    assert made.code == 0, made.events
    assert len(held) >= 4
    assert refused.code == 1
    assert any("protect" in event["message"] for event in refused.of("error"))
    assert set(held) <= set(stack.resources())
