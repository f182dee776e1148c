"""The two linters of workflows have nothing to say; and each finds what is planted."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.workflows.conftest import FOLDER

pytestmark = pytest.mark.workflows

LINTERS = {
    "actionlint": ("actionlint", "-no-color"),
    "zizmor": ("zizmor", "--offline", "--no-progress", "--color=never", "--persona=pedantic"),
}
PLANTED = {
    "actionlint": ("matrix.stack }}", "matrix.stak }}", 'property "stak" is not defined'),
    "zizmor": ('"$STACK"', "${{ github.event.pull_request.title }}", "template-injection"),
}


def lint(name: str, *files: Path) -> subprocess.CompletedProcess[str]:
    command = [*LINTERS[name], *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.parametrize("name", list(LINTERS))
def test_the_linter_says_nothing(name: str) -> None:
    done = lint(name, *sorted(FOLDER.glob("*.yml")))

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", list(LINTERS))
def test_the_linter_finds_what_is_planted(name: str, tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    shutil.copytree(FOLDER, folder)
    good, bad, word = PLANTED[name]
    file = folder / "preview.yml"
    file.write_text(file.read_text(encoding="utf-8").replace(good, bad), encoding="utf-8")

    done = lint(name, file)

    assert done.returncode != 0
    assert word in done.stdout + done.stderr
