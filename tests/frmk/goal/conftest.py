from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

BUNDLED = Path(__file__).parents[3] / "app" / "goals" / "travel_planning"
Edit = Callable[[str, str], Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Copy the bundled goal and replace one text in its file."""
    folder = tmp_path / "travel_planning"
    copytree(BUNDLED, folder)

    def edit(find: str, replace: str) -> Path:
        file = folder / "goal.yaml"
        text = file.read_text()
        assert find in text
        file.write_text(text.replace(find, replace, 1))
        return file

    return edit
