"""Run the bootstrap for real: by the Pulumi command, with the user's own sign-in."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.bootstrap.config import NAMESPACE, BootstrapConfig
from infra.bootstrap.rehearsal import BootstrapError
from infra.bootstrap.subjects import STACK
from infra.project import Project

FOLDER = "bootstrap"


def available() -> bool:
    """Say whether there is a Pulumi command to run."""
    return shutil.which("pulumi") is not None


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Drive the bootstrap's own stack; its state holds no secret and lies in the scratch folder at first."""

    project: Project
    config: BootstrapConfig
    yes: bool = False

    @property
    def folder(self) -> Path:
        """Return the folder of the program."""
        return self.project.program / FOLDER

    @property
    def state(self) -> Path:
        """Return the folder of the stack's file, and of its state unless PULUMI_BACKEND_URL names another."""
        return self.project.scratch / "bootstrap"

    def preview(self) -> None:
        """Show what would be made; raise BootstrapError."""
        self._prepare()
        self._pulumi("preview", "--diff")

    def up(self) -> dict[str, str]:
        """Make it and return the outputs; raise BootstrapError."""
        self._prepare()
        self._pulumi("up", *(("--yes",) if self.yes else ()))
        told = self._pulumi("stack", "output", "--json", quiet=True)
        return {str(name): str(value) for name, value in json.loads(told).items()}

    def _prepare(self) -> None:
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = json.dumps(self.config.model_dump(mode="json", by_alias=True))
        self._pulumi("stack", "select", "--create", STACK, quiet=True)
        self._pulumi("config", "set", f"{NAMESPACE}:settings", "--", settings, quiet=True)

    def _pulumi(self, *arguments: str, quiet: bool = False) -> str:
        """Run one command; its progress goes to standard error, for standard output is the result's."""
        ended = subprocess.run(  # noqa: S603 - Pulumi's own command, arguments of ours
            ["pulumi", *arguments],  # noqa: S607 - the user's
            cwd=self.folder,
            env=self.environment(os.environ),
            stdin=subprocess.DEVNULL if quiet else None,
            stdout=subprocess.PIPE if quiet else sys.stderr,
            stderr=subprocess.PIPE if quiet else None,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            said = (ended.stderr or "").strip() or "see above"
            raise BootstrapError(f"pulumi {' '.join(arguments[:2])}: {said}")
        return ended.stdout or ""

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the environment for Pulumi; what the user has set is kept."""
        defaults = {
            "PULUMI_BACKEND_URL": self.state.as_uri(),
            # The stack has no secret; Pulumi wants a word all the same.
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        return {**defaults, **given, "PYTHONPATH": str(self.project.root)}
