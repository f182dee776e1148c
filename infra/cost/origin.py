"""Where a report was made: the commit that the project stands at, as far as git tells."""

import shutil
import subprocess

from infra.cost.formats.breakdown import Origin
from infra.project import Project

_FORMAT = "%H%x00%cI%x00%s%x00%D"


def origin(project: Project) -> Origin:
    """Return where a report is made; without git, or outside of a checkout, only its path."""
    git = shutil.which("git")
    if git is None:
        return Origin()
    done = subprocess.run(  # noqa: S603 - git itself, no input of others
        [git, "-C", str(project.root), "log", "-1", f"--format={_FORMAT}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    parts = done.stdout.strip().split("\0")
    if done.returncode or len(parts) != _FORMAT.count("%x00") + 1:
        return Origin()
    commit, committed, subject, names = parts
    head = names.partition(",")[0]
    branch = head.removeprefix("HEAD -> ") if head.startswith("HEAD -> ") else ""
    return Origin(branch=branch, commit=commit, committed=committed, subject=subject)
