"""A project of one's own and the genuine engine on it: the program has outputs alone."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from infra.project import Project
from infra.release.engine import Done, Engine

ROOT = Path(__file__).parents[3]
SAMPLES = Path(__file__).with_name("samples")
A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
PROGRAM = """
import json, pulumi
config = pulumi.Config("seatrial")
image = json.loads(config.require("image"))
digest = image.get("digest", "sha256:" + "b" * 64)
if digest.endswith("f"):
    raise SystemExit("the program refuses this image")
pulumi.export("image", f"registry.example/seatrial@{digest}")
pulumi.export("registry", "registry.example")
pulumi.export("source", image.get("source"))
pulumi.export("jwks", config.get("authJwks"))
pulumi.export("url", f"http://app.example/{digest[7]}")
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "Pulumi.yaml").write_text(
        "name: seatrial\nruntime: python\nstackConfigDir: ../stacks\n"
    )
    (tmp_path / "infra" / "__main__.py").write_text(PROGRAM)
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    return Project(tmp_path)


@pytest.fixture
def engine(project: Project, tmp_path: Path) -> Engine:
    """Give the genuine engine with a file backend of the test's own; dev is initialised."""
    state = tmp_path / "state"
    state.mkdir()
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }

    def run(command: Sequence[str]) -> Done:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=100, check=False
        )
        return Done(done.returncode, done.stdout, done.stderr)

    made = Engine(project, run)
    initialise(made, "dev")
    return made


def initialise(engine: Engine, stack: str) -> None:
    committed = engine.project.stack_file(stack).read_text()
    assert engine.run(("pulumi", "-C", str(engine.project.program), "stack", "init", stack)).code == 0
    # In Azure the key for secrets is in a vault; a passphrase's salt has no business in the checkout.
    engine.project.stack_file(stack).write_text(committed)
