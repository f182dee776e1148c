"""A project as it was at a revision: found, compared, always cleaned up."""

import shutil
import subprocess
from pathlib import Path

import pytest

from infra.cost.change.baseline import of_revision
from infra.cost.change.difference import differences
from infra.cost.change.revision import RevisionError, checked_out
from infra.cost.change.snapshot import taken
from infra.cost.stacks import Assumptions, plans, price
from infra.project import Project

IDENTITY = ("-c", "user.name=A Person", "-c", "user.email=person@example.com", "-c", "commit.gpgsign=false")


def git(root: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *IDENTITY, *words], check=True, capture_output=True, text=True
    ).stdout


def commit(root: Path, message: str = "A change") -> str:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--no-verify", "--message", message)
    return git(root, "rev-parse", "HEAD").strip()


@pytest.fixture
def small(tmp_path: Path) -> Project:
    """Give a project in git whose program does not run."""
    root = tmp_path / "small"
    (root / "infra").mkdir(parents=True)
    (root / "stacks").mkdir()
    (root / "infra" / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (root / "stacks" / "Pulumi.dev.yaml").write_text("config: {}\n")
    git(root.parent, "init", "--quiet", "--initial-branch", "main", str(root))
    commit(root)
    return Project(root)


def worktrees(root: Path) -> int:
    return git(root, "worktree", "list").count("\n")


def test_a_revision_is_checked_out_beside_and_removed(small: Project) -> None:
    (small.root / "stacks" / "Pulumi.dev.yaml").write_text("config: {new: true}\n")

    with checked_out(small, "main") as then:
        assert then.stack_file("dev").read_text() == "config: {}\n"
        assert then.root != small.root

    assert not then.root.exists()
    assert not then.root.parent.exists()
    assert worktrees(small.root) == 1


def test_the_worktree_is_removed_when_the_work_fails(small: Project) -> None:
    with pytest.raises(ZeroDivisionError), checked_out(small, "HEAD") as then:
        1 / 0  # noqa: B018

    assert not then.root.parent.exists()
    assert worktrees(small.root) == 1


@pytest.mark.parametrize("name", ["nowhere", "--help", "HEAD~5", "main:stacks"])
def test_an_unknown_revision_is_refused(name: str, small: Project) -> None:
    with pytest.raises(RevisionError, match=r"no revision|is no git revision"), checked_out(small, name):
        pass

    assert worktrees(small.root) == 1


def test_a_revision_before_the_project_is_refused_and_cleaned_up(small: Project) -> None:
    shutil.rmtree(small.root / "infra")
    first = commit(small.root, "No project")
    (small.root / "infra").mkdir()
    (small.root / "infra" / "Pulumi.yaml").write_text("name: small\n")

    with pytest.raises(RevisionError, match="has no Sea Trial project"), checked_out(small, first):
        pass

    assert worktrees(small.root) == 1


def test_a_folder_outside_of_git_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()

    with pytest.raises(RevisionError, match="git rev-parse failed"), checked_out(Project(tmp_path), "main"):
        pass


def test_what_cannot_run_is_reported_and_what_was_not_there_costs_nothing(small: Project) -> None:
    found = of_revision(small, "main", ["dev", "prod"], Assumptions())

    assert found.failed["dev"].startswith("dev at main cannot be priced: ")
    assert found.notes == {"prod": "was not there at main"}
    assert found.snapshots == {}
    assert worktrees(small.root) == 1


@pytest.mark.long
def test_a_changed_stack_file_is_priced_against_the_revision(
    project: Project, tmp_path: Path, bytecode: None
) -> None:
    root = tmp_path / "copy"
    ignored = shutil.ignore_patterns("__pycache__", ".seatrial", ".venv")
    for name in ("infra", "stacks", "app", "frmk"):
        shutil.copytree(project.root / name, root / name, ignore=ignored)
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(project.root / name, root / name)
    git(tmp_path, "init", "--quiet", "--initial-branch", "main", str(root))
    commit(root)
    file = root / "stacks" / "Pulumi.staging.yaml"
    file.write_text(file.read_text().replace("minReplicas: 1", "minReplicas: 2"))
    copy = Project(root)

    before = of_revision(copy, "HEAD", ["staging"], Assumptions())
    (after,) = price(copy, plans(copy, ["staging"], {}), Assumptions())
    (found,) = differences(before.snapshots, [taken(after)], before.notes)

    assert before.failed == {}
    assert {step.item.component for step in found.changed} >= {"vCPU, active", "Memory, active"}
    assert f"{found.amount('idle'):.2f}" == "39.42"
    assert worktrees(root) == 1
