"""Plans of the bundled stacks, each synthesised once a session by the real adapter."""

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from infra.plan import Plan
from infra.project import Project
from tests.plans import Plans


@pytest.fixture(scope="session")
def project() -> Project:
    return Project.find(Path.cwd())


@pytest.fixture(scope="session")
def bytecode() -> Iterator[None]:
    """Let this session's programs use and keep compiled modules: compiling Azure's takes five seconds."""
    given = os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    yield
    if given is not None:
        os.environ["PYTHONDONTWRITEBYTECODE"] = given


@pytest.fixture(scope="session")
def plans(bytecode: None, tmp_path_factory: pytest.TempPathFactory) -> Plans:
    return Plans(tmp_path_factory)


@pytest.fixture(scope="session")
def plan_of(plans: Plans) -> Callable[[str], Plan]:
    return cache(plans.of)
