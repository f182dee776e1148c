import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / ".github" / "workflows"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yml"))


@dataclass(frozen=True)
class Workflow:
    name: str
    text: str
    content: dict[Any, Any]

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        return dict(self.content["jobs"])

    @property
    def triggers(self) -> dict[str, Any]:
        # YAML 1.1 reads the key `on` as true.
        return dict(self.content[True])

    def steps(self) -> list[tuple[str, dict[str, Any]]]:
        return [(name, step) for name, job in self.jobs.items() for step in job["steps"]]

    def commands(self) -> list[list[str]]:
        """Return every call of the command, in words, without where its output goes."""
        lines = [line for _, step in self.steps() for line in str(step.get("run", "")).splitlines()]
        found = [re.sub(r"\s*>\s*\S+$", "", line.strip()) for line in lines]
        words = [shlex.split(line) for line in found if line.startswith((".venv/bin/seatrial ", "seatrial "))]
        return [one[1:] for one in words]


def load(name: str) -> Workflow:
    text = (FOLDER / f"{name}.yml").read_text(encoding="utf-8")
    return Workflow(name, text, yaml.safe_load(text))


@pytest.fixture(params=NAMES)
def workflow(request: pytest.FixtureRequest) -> Workflow:
    return load(request.param)
