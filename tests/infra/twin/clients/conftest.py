"""A twin in process mode, with what the program makes on it, for Azure's own clients."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.project import Project
from infra.synthesis import adapter_command, adapter_environment
from infra.twin.client import ArmClient, TwinAddress, TwinClient
from infra.twin.sign_in import variables
from tests.infra.adapters.stand_in import DIGEST, KEYS, twin_of

DOCUMENT = Path(__file__).parents[4] / "docs" / "clients.md"


def blocks(heading: str) -> list[str]:
    """Return the commands under a heading of the document."""
    section = DOCUMENT.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```(?:sh|python)\n(.*?)```", section, re.DOTALL)


@dataclass
class Cloud:
    """Say where the deployed twin is, and what its clients get as their environment."""

    state: Path
    group: str
    subscription: str

    @property
    def address(self) -> TwinAddress:
        return TwinAddress.read(self.state)

    def environment(self) -> dict[str, str]:
        address = json.loads((self.state / "twin.json").read_text())
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        return kept | variables(self.state, address)

    def app(self) -> str:
        with TwinClient.connect(self.state) as twin:
            return str(twin.status()["apps"][0]["name"])

    def named(self, kind: str) -> str:
        with TwinClient.connect(self.state) as twin:
            found = [one for one in twin.status()["resources"] if one["type"] == kind]
        return str(found[0]["name"])

    def arm(self) -> ArmClient:
        return ArmClient.connect(self.state)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, project: Project, bytecode: None) -> Iterator[Cloud]:
    root = tmp_path_factory.mktemp("clients")
    state = root / ".seatrial" / "stacks" / "dev"
    with twin_of(project, root, state):
        _deploy(project, state)
        yield Cloud(state, "rg-seatrial-dev", TwinAddress.read(state).subscription)


def _deploy(project: Project, state: Path) -> None:
    given = {"image.digest": DIGEST, "authJwks": KEYS, "app.minReplicas": 1}
    ended = subprocess.run(
        [*adapter_command("up", project, "dev", given), "--twin", str(state)],
        cwd=project.root,
        env=adapter_environment(project),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
