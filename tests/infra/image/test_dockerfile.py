"""Defects of an earlier system that must not come back, read off the files themselves."""

import re
import tomllib
from pathlib import Path

import pytest

from infra.image.build import _command
from infra.image.context import SOURCES, BuildContext
from infra.project import Project


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest) -> Project:
    return Project.find(request.config.rootpath)


@pytest.fixture(scope="module")
def dockerfile(project: Project) -> str:
    return project.dockerfile.read_text()


def copied(dockerfile: str) -> list[str]:
    lines = re.findall(r"^COPY (.+)$", dockerfile, re.MULTILINE)
    own = [line for line in lines if "--from=" not in line]
    return [word for line in own for word in line.split()[:-1] if not word.startswith("--")]


def test_context_is_the_repository_root(project: Project, dockerfile: str) -> None:
    command = _command(BuildContext.of(project, "linux/amd64", {}), "r/app:1", Path("metadata.json"))

    assert command[-1] == "."
    assert copied(dockerfile)
    assert all(".." not in source for source in copied(dockerfile))


def test_everything_copied_is_part_of_the_content_hash(dockerfile: str) -> None:
    assert set(copied(dockerfile)) == set(SOURCES)


def test_nothing_editable_is_installed(dockerfile: str, project: Project) -> None:
    installs = [line for line in dockerfile.splitlines() if "uv sync" in line or "pip install" in line]

    assert not any(re.search(r"\s(-e|--editable)\b", line) for line in installs)
    assert "--no-install-project" in dockerfile
    lock = tomllib.loads((project.root / "uv.lock").read_text())
    editable = [package["name"] for package in lock["package"] if "editable" in package["source"]]
    assert editable == ["seatrial"]


def test_only_the_locked_app_group_is_installed(dockerfile: str) -> None:
    assert "uv sync --locked --only-group app" in dockerfile


def test_image_runs_as_nobody_in_particular(dockerfile: str) -> None:
    users = re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE)

    assert users == ["10001:10001"]
