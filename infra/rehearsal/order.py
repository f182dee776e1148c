"""What one rehearsal is asked to do."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from infra.project import Project
from infra.rehearsal.mode import REGISTRY_COMMAND, REGISTRY_IMAGE, Mode

After = Literal["hold", "leave", "stop"]
Engine = Literal["in-process", "pulumi"]
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
TENANT = "11111111-1111-1111-1111-111111111111"


@dataclass(frozen=True, kw_only=True)
class Order:
    """Name the project, the stack and how it is rehearsed."""

    project: Project
    stack: str
    mode: Mode
    engine: Engine = "in-process"
    port: int = 0
    after: After = "hold"
    keep: bool = False
    allow_scripted: bool = False

    @property
    def owned(self) -> bool:
        """Say whether the twin ends with the process that started it."""
        return self.after != "leave"

    @property
    def state(self) -> Path:
        """Return the folder of the stack's twin."""
        return self.project.state(self.stack)

    def twin_config(self) -> dict[str, Any]:
        """Return the configuration that the twin process reads; an owned twin ends with its owner."""
        return {
            "stack": self.stack,
            "state": str(self.state),
            "mode": self.mode,
            "owner_pid": os.getpid() if self.owned else None,
            "ingress_port": self.port,
            "registry_port": 0,
            "arm_port": 0,
            "app_command": [sys.executable, "-m", "app"],
            "app_cwd": str(self.project.root),
            "model": {
                "url": None,
                "name": None,
                "command": [sys.executable, "-m", "frmk.llm.local"],
            },
            "registry_binary": shutil.which(REGISTRY_COMMAND) or REGISTRY_IMAGE,
            "subscription": SUBSCRIPTION,
            "tenant": TENANT,
        }
