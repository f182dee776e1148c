"""A plan that is kept: the same as a fresh one, forgotten when anything it follows from changes."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.cost import cached
from infra.plan import Plan, PlannedResource
from infra.project import Project

PLAN = Plan(
    stack="dev",
    resources=(PlannedResource(type="t", name="n", inputs={"a": 1.5}, urn="u", depends_on=("v",)),),
)


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Project:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("infra/cost", "infra/image", "stacks"):
        shutil.copytree(project.root / name, tmp_path / name, ignore=ignored)
    (tmp_path / "infra" / "Pulumi.yaml").write_text("name: seatrial\n")
    (tmp_path / "uv.lock").write_text("version = 1\n")
    return Project(tmp_path)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count what is synthesised, in place of the program."""
    asked: list[str] = []

    def synthesise(_: Project, stack: str, overrides: object) -> Plan:
        asked.append(f"{stack} {overrides}")
        return PLAN

    monkeypatch.setattr(cached, "synthesise", synthesise)
    return asked


def test_nothing_is_run_twice(copy: Project, runs: list[str]) -> None:
    assert cached.plan_of(copy, "dev") == cached.plan_of(copy, "dev") == PLAN
    assert len(runs) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "infra" / "new.py").write_text(""),
        lambda root: (root / "infra" / "Pulumi.yaml").write_text("name: other\n"),
        lambda root: (root / "stacks" / "Pulumi.dev.yaml").write_text("config: {}\n"),
        lambda root: (root / "uv.lock").write_text("version = 2\n"),
        lambda root: (root / "infra" / "image" / "context.py").rename(root / "infra" / "image" / "moved.py"),
    ],
)
def test_a_change_of_what_is_read_runs_it_again(
    change: Callable[[Path], object], copy: Project, runs: list[str]
) -> None:
    cached.plan_of(copy, "dev")
    change(copy.root)
    cached.plan_of(copy, "dev")

    assert len(runs) == 2


def test_other_settings_and_other_stacks_are_other_plans(copy: Project, runs: list[str]) -> None:
    cached.plan_of(copy, "dev")
    cached.plan_of(copy, "dev", {"app.minReplicas": 1})
    cached.plan_of(copy, "prod")

    assert len(runs) == 3


def test_another_stacks_file_changes_nothing(copy: Project, runs: list[str]) -> None:
    cached.plan_of(copy, "dev")
    copy.stack_file("prod").write_text("config: {}\n")
    cached.plan_of(copy, "dev")

    assert len(runs) == 1


@pytest.mark.parametrize("damage", ["", "{", "0" * 64 + "\n{}", "\x00\xff"])
def test_a_damaged_file_is_computed_anew(damage: str, copy: Project, runs: list[str]) -> None:
    cached.plan_of(copy, "dev")
    (kept,) = cached.folder(copy).iterdir()
    kept.write_text(damage, encoding="latin-1")

    assert cached.plan_of(copy, "dev") == PLAN
    assert len(runs) == 2


def test_a_changed_figure_in_the_file_is_not_believed(copy: Project, runs: list[str]) -> None:
    cached.plan_of(copy, "dev")
    (kept,) = cached.folder(copy).iterdir()
    kept.write_text(kept.read_text().replace("1.5", "2.5"))

    assert cached.plan_of(copy, "dev") == PLAN


def test_where_nothing_can_be_kept_it_works_all_the_same(copy: Project, runs: list[str]) -> None:
    copy.scratch.write_text("in the way")

    assert cached.plan_of(copy, "dev") == PLAN


def test_old_plans_are_forgotten(copy: Project, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached, "KEPT", 2)
    for number in range(4):
        cached.plan_of(copy, "dev", {"app.minReplicas": number})

    assert len(list(cached.folder(copy).iterdir())) == 2


def test_a_kept_plan_is_what_the_program_plans(
    project: Project, plan_of: Callable[[str], Plan], tmp_path: Path
) -> None:
    fresh = plan_of("prod")
    cached._write(tmp_path / "plan.json", fresh)

    assert cached._read(tmp_path / "plan.json") == fresh
