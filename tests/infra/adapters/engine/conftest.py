"""The genuine engine against a real twin that runs a small stand-in for the app as a process."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.project import Project
from infra.synthesis import adapter_environment
from infra.twin.client import ArmClient, TwinClient
from tests.infra.adapters.stand_in import DIGEST, KEYS, twin_of

SIGNING_KEY = "signing-key.pem"


@dataclass
class Said:
    """Hold what a command of the engine's adapter said."""

    code: int
    events: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == kind]

    @property
    def steps(self) -> dict[str, str]:
        """Return what happened to each resource of Azure that did not stay as it is."""
        (event,) = self.of("steps")
        own = [step for step in event["steps"] if step["type"].startswith("azure-native:")]
        return {step["name"]: step["op"] for step in own if step["op"] not in {"same", "refresh", "read"}}

    def differs(self, name: str) -> set[str]:
        (event,) = self.of("steps")
        return {path for step in event["steps"] if step["name"] == name for path in step["differs"]}


@dataclass
class Rehearsed:
    """Run the engine on one stack of a copy of the project."""

    project: Project
    stack: str
    state: Path

    def command(self, verb: str, **overrides: Any) -> list[str]:
        given = {"image.digest": DIGEST, "app.minReplicas": 1, **overrides}
        if self.stack == "dev":
            given = {"authJwks": KEYS, **given}
        sets = [f"--set={key}={json.dumps(value)}" for key, value in given.items()]
        place = ["--project", str(self.project.root), "--stack", self.stack, "--twin", str(self.state)]
        return [sys.executable, "-m", "infra.twin.adapters.engine", verb, *place, *sets]

    def run(self, verb: str, **overrides: Any) -> Said:
        return self._run(self.command(verb, **overrides), {})

    def of_this_source(self, verb: str, **variables: str) -> Said:
        """Run a verb on the image that the copy's source makes, with these variables set."""
        return self._run(self.command(verb, **{"image.digest": None}), variables)

    def _run(self, command: list[str], variables: dict[str, str]) -> Said:
        ended = subprocess.run(
            command,
            cwd=self.project.root,
            env={**adapter_environment(self.project), **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.stderr == ""
        return Said(ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()])

    @contextmanager
    def arm(self) -> Iterator[ArmClient]:
        with ArmClient.connect(self.state) as client:
            yield client

    def resources(self) -> list[str]:
        """Return the ids of what the twin holds beside the operator's own role."""
        with TwinClient.connect(self.state) as twin:
            held = twin.status()["resources"]
        return sorted(entry["id"] for entry in held if "/resourceGroups/" in entry["id"])

    def checkpoint(self) -> str:
        """Return the engine's state as it lies on disk."""
        (path,) = (self.state / "pulumi" / "state" / ".pulumi" / "stacks").glob(f"**/{self.stack}.json")
        return path.read_text()


@pytest.fixture(scope="module")
def rehearse(
    tmp_path_factory: pytest.TempPathFactory, project: Project, bytecode: None
) -> Iterator[Callable[..., Rehearsed]]:
    """Return a starter of twins, one a stack, in one copy of the project."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("infra", "stacks"):
        shutil.copytree(project.root / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    with ExitStack() as running:

        def start(stack: str, *, tenant_of: Rehearsed | None = None, **config: Any) -> Rehearsed:
            state = root / ".seatrial" / "stacks" / stack
            state.mkdir(parents=True)
            if tenant_of is not None:
                # One directory for two twins: what one signs, the other believes.
                shutil.copy(tenant_of.state / SIGNING_KEY, state / SIGNING_KEY)
            running.enter_context(twin_of(project, root, state, stack, **config))
            return Rehearsed(Project(root), stack, state)

        yield start


@pytest.fixture(scope="module")
def dev(rehearse: Callable[[str], Rehearsed]) -> Rehearsed:
    """Return the stack dev, deployed by the engine."""
    stack = rehearse("dev")
    said = stack.run("up")
    assert said.code == 0, said.events
    return stack
