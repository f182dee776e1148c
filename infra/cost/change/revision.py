"""A project as it was at a git revision: its own files in a folder of their own, removed afterwards."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.project import Project, ProjectNotFoundError

LIMIT_SECONDS = 120


class RevisionError(Exception):
    """Say why a revision cannot be looked at, and what helps."""


@contextmanager
def checked_out(project: Project, revision: str) -> Iterator[Project]:
    """Give the project as it was at a revision, as a worktree that is always removed; raise RevisionError."""
    top = Path(_git(project.root, "rev-parse", "--show-toplevel").strip()).resolve()
    commit = _commit(project.root, revision)
    folder = Path(tempfile.mkdtemp(prefix="seatrial-revision-"))
    place = folder / "tree"
    try:
        _git(project.root, "worktree", "add", "--quiet", "--detach", str(place), commit)
        yield _project(place / project.root.resolve().relative_to(top), revision)
    finally:
        _remove(project.root, place)
        shutil.rmtree(folder, ignore_errors=True)


def _project(folder: Path, revision: str) -> Project:
    try:
        found = Project.find(folder) if folder.is_dir() else None
    except ProjectNotFoundError:
        found = None
    if found is None or found.root != folder.resolve():
        raise RevisionError(f"{revision} has no Sea Trial project there: infra/Pulumi.yaml and stacks/")
    return found


def _commit(root: Path, revision: str) -> str:
    """Return the commit that a revision names; what looks like an option is no revision."""
    if revision.startswith("-"):
        raise RevisionError(f"{revision!r} is no git revision")
    try:
        return _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
    except RevisionError:
        raise RevisionError(
            f"git knows no revision {revision!r}; "
            f"in a shallow clone fetch it first: git fetch origin {revision}"
        ) from None


def _remove(root: Path, place: Path) -> None:
    if place.exists():
        _run(root, "worktree", "remove", "--force", str(place))
    shutil.rmtree(place, ignore_errors=True)
    _run(root, "worktree", "prune")


def _git(root: Path, *words: str) -> str:
    done = _run(root, *words)
    if done.returncode:
        reason = " ".join(done.stderr.strip().splitlines()[-1:])
        raise RevisionError(f"git {words[0]} failed in {root}: {reason or 'no reason given'}")
    return done.stdout


def _run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    git = shutil.which("git")
    if git is None:
        raise RevisionError("there is no git on PATH; compare with a saved report instead: --baseline FILE")
    return subprocess.run(  # noqa: S603 - git itself, with a checked revision
        [git, "-C", str(root), *words], capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS
    )
