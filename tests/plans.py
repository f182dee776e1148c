"""Plans of this checkout's stacks: each is synthesised once a session, whichever worker asks first."""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from infra.plan import Plan
from infra.project import Project
from infra.synthesis import synthesise


class Plans:
    """Synthesise by the real adapter, and keep the result in a folder that all workers see."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        own = factory.getbasetemp()
        self._folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "plans"
        self._folder.mkdir(exist_ok=True)
        self._project = Project.find(Path.cwd())

    def of(self, stack: str, overrides: Mapping[str, Any] | None = None) -> Plan:
        asked = json.dumps([stack, overrides or {}], sort_keys=True)
        path = self._folder / f"{sha256(asked.encode()).hexdigest()[:16]}.json"
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.is_file():
                found = synthesise(self._project, stack, overrides)
                path.write_text(json.dumps([asdict(resource) for resource in found.resources]))
        return Plan.of(stack, json.loads(path.read_text()))
