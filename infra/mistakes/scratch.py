"""A copy of the project with one mistake in it."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from infra.mistakes.catalogue import Edit, Mistake
from infra.project import Project
from infra.twin.registry.storage import carry

LEFT_BEHIND = frozenset({"docs", "node_modules", "tests"})


class EditError(Exception):
    """Say that an edit's text is not found exactly once."""

    def __init__(self, edit: Edit, count: int) -> None:
        super().__init__(
            f"{edit.file} holds the text {edit.find!r} {count} times, and the seeded mistake replaces "
            "exactly one; it was written for the program and the stacks that come with Sea Trial"
        )


def folder(project: Project) -> Path:
    """Return the folder that holds the copies with mistakes."""
    return project.scratch / "mistakes"


def with_mistake(project: Project, mistake: Mistake, stack: str) -> Project:
    """Return a fresh copy of the project with the mistake in it; `{stack}` in a file's name is filled in.

    Images that the stack pushed are in the copy's registry, as they would be after an edit in Azure.
    """
    copy = edited(project, folder(project) / mistake.name, mistake.edits, stack)
    carry(project.state(stack), copy.state(stack))
    return copy


def edited(project: Project, root: Path, edits: Iterable[Edit], stack: str) -> Project:
    """Return a fresh copy of the project at `root` with the edits in it."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(project.root, root, ignore=_left_behind, symlinks=True)
    copy = Project(root)
    for edit in edits:
        _apply(copy, edit, stack)
    return copy


def _left_behind(_: str, names: Iterable[str]) -> set[str]:
    return {name for name in names if name in LEFT_BEHIND or name.startswith(".")}


def _apply(project: Project, edit: Edit, stack: str) -> None:
    path = project.root / edit.file.replace("{stack}", stack)
    text = path.read_text(encoding="utf-8")
    count = text.count(edit.find)
    if count != 1:
        raise EditError(edit, count)
    path.write_text(text.replace(edit.find, edit.replace), encoding="utf-8")
