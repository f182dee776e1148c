"""Plans of the bundled stacks, each synthesised once a session by the real adapter."""

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from infra.plan import Plan
from infra.project import Project
from infra.synthesis import synthesise


@pytest.fixture(scope="session")
def project() -> Project:
    return Project.find(Path.cwd())


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep compiled modules for this session's programs: Azure's are large."""
    given = {name: os.environ.get(name) for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")}
    os.environ["PYTHONDONTWRITEBYTECODE"] = ""
    os.environ["PYTHONPYCACHEPREFIX"] = str(tmp_path_factory.mktemp("bytecode"))
    yield
    for name, value in given.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(scope="session")
def plan_of(project: Project, bytecode: None) -> Callable[[str], Plan]:
    @cache
    def plan(stack: str) -> Plan:
        return synthesise(project, stack)

    return plan
