"""What the engine's own preview costs: `pulumi preview --json --show-sames`, priced as a file."""

import json
import os
import subprocess
from collections.abc import Callable

import pytest

from infra.cost.estimate import estimate
from infra.cost.plan_file import read_plan
from infra.cost.usage.file import load_usage
from infra.plan import Plan
from infra.twin.adapters.engine.workspace import Place, open_stack
from tests.infra.adapters.engine.conftest import Rehearsed
from tests.infra.adapters.stand_in import DIGEST, KEYS

pytestmark = [pytest.mark.twin, pytest.mark.pulumi, pytest.mark.timeout(300)]


def test_a_preview_of_the_engine_costs_what_the_program_costs(
    rehearse: Callable[[str], Rehearsed], plan_of: Callable[[str], Plan]
) -> None:
    stack = rehearse("dev")
    place = Place(stack.project, stack.stack, stack.state)
    workspace = open_stack(place, {"image.digest": DIGEST, "authJwks": KEYS}).workspace
    done = subprocess.run(
        ["pulumi", "preview", "--json", "--show-sames", "--non-interactive", "--stack", stack.stack],
        cwd=workspace.work_dir,
        env={**os.environ, **workspace.env_vars, "PULUMI_HOME": str(workspace.pulumi_home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    usage = load_usage(stack.project, stack.stack)

    found = estimate(read_plan(done.stdout, "the preview"), usage=usage)
    own = estimate(plan_of("dev"), usage=usage)

    assert json.loads(done.stdout)["changeSummary"]["create"] > 20
    assert found.unpriced == ()
    assert {line.id: line.monthly("busy") for line in found.lines} == {
        line.id: line.monthly("busy") for line in own.lines
    }
