"""The image on the engine: a plan that says what it will be, and an update that makes it so."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from infra.naming import version_of
from infra.release.engine import Done, Engine
from infra.release.promotion import Order, image_of, promote
from infra.twin.adapters.engine.workspace import Place, open_stack
from infra.verify.report import VerifyReport
from tests.infra.adapters.engine.conftest import Rehearsed, Said
from tests.infra.adapters.stand_in import STAND_IN

pytestmark = [
    pytest.mark.twin,
    pytest.mark.pulumi,
    pytest.mark.docker,
    pytest.mark.registry,
    pytest.mark.timeout(300),
]

NOWHERE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
SERVER = STAND_IN.replace("127.0.0.1", "0.0.0.0")
SOURCE = {
    "pyproject.toml": "[project]\n",
    "uv.lock": "version = 1\n",
    "frmk/__init__.py": "",
    "app/__main__.py": SERVER,
    "app/Dockerfile": 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY app /srv/app\nCMD ["python3", "/srv/app"]\n',
    ".gitignore": ".seatrial/\n__pycache__/\n",
}


@dataclass
class Voyage:
    """Hold what the engine said, run after run; every preview had no Docker."""

    stack: Rehearsed
    first: Said
    made: Said
    unchanged: Said
    changed: Said
    remade: Said
    left_in_git: str


def app(said: Said) -> dict[str, Any]:
    (event,) = said.of("plan")
    (found,) = (one for one in event["resources"] if one["type"] == "azure-native:app:ContainerApp")
    container: dict[str, Any] = found["inputs"]["template"]["containers"][0]
    return container


def image(said: Said) -> str:
    return str(app(said)["image"])


def builds(said: Said) -> list[str]:
    return [event["message"] for event in said.of("progress") if event["message"].startswith("building ")]


def git(stack: Rehearsed, *words: str) -> str:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    done = subprocess.run(
        ["git", *who, *words], cwd=stack.project.root, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def voyage(rehearse: Callable[..., Rehearsed]) -> Voyage:
    stack = rehearse("dev", mode="docker", registry_binary=shutil.which("docker-registry"))
    for name, text in SOURCE.items():
        path = stack.project.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    git(stack, "init", "--quiet")
    git(stack, "add", ".")
    git(stack, "commit", "--quiet", "--message", "all")
    run = stack.of_this_source
    first = run("preview", **NOWHERE)
    made, unchanged = run("up"), run("preview", **NOWHERE)
    left = git(stack, "status", "--porcelain")
    (stack.project.root / "app/__main__.py").write_text(f"{SERVER}\n# changed\n")
    return Voyage(
        stack,
        first,
        made,
        unchanged,
        changed=run("preview", **NOWHERE),
        remade=run("up"),
        left_in_git=left,
    )


def test_each_run_ends_well(voyage: Voyage) -> None:
    runs = (voyage.first, voyage.made, voyage.unchanged, voyage.changed, voyage.remade)
    assert [said.code for said in runs] == [0] * 5, [said.of("error") for said in runs]


def test_the_first_plan_names_the_image_by_its_content(voyage: Voyage) -> None:
    assert re.fullmatch(r"seatrial:src-[0-9a-f]{24}", image(voyage.first))
    assert builds(voyage.first) == []


def test_the_update_makes_what_the_plan_named(voyage: Voyage) -> None:
    (outputs,) = voyage.made.of("outputs")

    assert re.fullmatch(rf"localhost:\d+/{image(voyage.first)}@sha256:[0-9a-f]{{64}}", image(voyage.made))
    assert outputs["outputs"]["image"] == image(voyage.made)
    assert len(builds(voyage.made)) == 1


def test_an_unchanged_program_shows_nothing(voyage: Voyage) -> None:
    assert voyage.unchanged.steps == {}
    assert image(voyage.unchanged) == image(voyage.made)


def test_a_changed_source_is_shown_as_the_new_image_alone(voyage: Voyage) -> None:
    assert voyage.changed.steps == {"app": "update"}
    assert image(voyage.changed) != image(voyage.made).partition("@")[0]
    assert voyage.changed.differs("app") == {"template.containers[0].image", version(voyage.changed)}
    assert builds(voyage.changed) == []


def test_the_update_does_what_was_shown(voyage: Voyage) -> None:
    assert voyage.remade.steps == voyage.changed.steps
    assert voyage.remade.differs("app") == voyage.changed.differs("app")
    name, _, digest = image(voyage.remade).partition("@")
    assert name == image(voyage.changed)
    assert digest not in image(voyage.made)


def version(said: Said) -> str:
    """Return the path of the variable that tells the app its version."""
    entries = app(said)["env"]
    (index,) = (at for at, entry in enumerate(entries) if entry["name"] == "SEATRIAL_VERSION")
    assert entries[index]["value"] == version_of(image(said))
    return f"template.containers[0].env[{index}].value"


def test_the_working_tree_stays_clean(voyage: Voyage) -> None:
    assert voyage.left_in_git == ""


def engine_of(stack: Rehearsed) -> Engine:
    """Return the engine of a stack's workspace, as whoever deploys has it."""
    workspace = open_stack(Place(stack.project, stack.stack, stack.state), {}).workspace
    variables = {**os.environ, **workspace.env_vars, "PULUMI_HOME": str(workspace.pulumi_home)}

    def run(command: Sequence[str]) -> Done:
        here = [*command[:2], str(workspace.work_dir), *command[3:]]
        done = subprocess.run(here, env=variables, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    return Engine(stack.project, run)


def proof(url: str) -> VerifyReport:
    answer = httpx.get(url, timeout=30, trust_env=False)
    return VerifyReport(url=url, ok=answer.text == "here", seconds=0.0, model=None, checks=())


def test_the_image_of_one_stack_is_copied_to_the_next_and_runs_there(
    voyage: Voyage, rehearse: Callable[..., Rehearsed]
) -> None:
    binary = shutil.which("docker-registry")
    staging = rehearse("staging", tenant_of=voyage.stack, mode="docker", registry_binary=binary)
    wanted = image_of(engine_of(voyage.stack), "dev")

    report = promote(engine_of(staging), Order(stack="staging", image=wanted), proof)

    assert report.ok, report.messages
    assert report.action == "deployed"
    assert report.digest == image(voyage.remade).partition("@")[2]
    server, _, rest = str(report.image).partition("/")
    assert rest == f"seatrial@{report.digest}"
    assert server != image(voyage.remade).partition("/")[0] == wanted.source
