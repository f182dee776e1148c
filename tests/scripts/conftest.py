"""The command line as a user types it, without a new process for each line."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.project import Project
from scripts.cli import main


@dataclass(frozen=True)
class Said:
    """Hold what a command printed and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a project of one's own: this one's stack files, and nothing that was ever run."""
    source = Project.find(Path.cwd())
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "Pulumi.yaml").write_text("name: seatrial\nruntime: python\n")
    shutil.copytree(source.stacks, tmp_path / "stacks")
    return Project(tmp_path)


@pytest.fixture
def seatrial(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], project: Project
) -> Callable[..., Said]:
    """Give a function that runs one command line in the project's folder."""
    monkeypatch.chdir(project.root)
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["seatrial", *words])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run
