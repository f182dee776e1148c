"""A stack with every alert, the workbook and the availability test: the twin takes all of it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.project import Project
from infra.synthesis import adapter_command, adapter_environment
from infra.twin.client import ArmClient, TwinClient
from tests.infra.adapters.stand_in import DIGEST, KEYS, twin_of
from tests.infra.components.test_watching import WATCHED

pytestmark = pytest.mark.twin
GIVEN: dict[str, Any] = {**WATCHED, "image.digest": DIGEST, "authJwks": KEYS}


@pytest.mark.long
def test_the_twin_takes_all_of_it(project: Project, bytecode: None, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with twin_of(project, tmp_path, state):
        ended = subprocess.run(
            [*adapter_command("up", project, "dev", GIVEN), "--twin", str(state)],
            cwd=project.root,
            env=adapter_environment(project),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
        with TwinClient.connect(state) as twin, ArmClient.connect(state) as arm:
            made = {one["id"]: one["type"].lower() for one in twin.status()["resources"]}
            (test,) = [one for one, kind in made.items() if kind == "microsoft.insights/webtests"]
            (workbook,) = [one for one, kind in made.items() if kind == "microsoft.insights/workbooks"]
            asked = arm.get(test, "2022-06-15")["properties"]
            document = arm.get(workbook, "2023-06-01")["properties"]["serializedData"]

    assert sum(kind == "microsoft.insights/metricalerts" for kind in made.values()) == 6
    assert asked["Request"]["RequestUrl"].endswith("/health/live")
    assert asked["ValidationRules"]["ExpectedHttpStatusCode"] == 200
    assert [place["Id"] for place in asked["Locations"]] == ["emea-nl-ams-azr", "us-va-ash-azr"]
    assert json.loads(document)["version"] == "Notebook/1.0"
