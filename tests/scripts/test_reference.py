"""docs/reference/ says what the code says."""

from pathlib import Path

import pytest

from infra.config import StackConfig
from infra.findings.catalogue import catalogue
from infra.project import Project
from scripts.cli import VERBS
from scripts.reference.pages import FOLDER, pages
from scripts.reference.table import table


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_is_as_the_code_writes_it(name: str) -> None:
    page = Project.find(Path.cwd()).root / FOLDER / name

    assert page.read_text(encoding="utf-8") == pages()[name], "write it again: python -m scripts.reference"


def test_every_verb_key_and_code_has_its_place() -> None:
    written = pages()

    assert all(f"## seatrial {verb}\n" in written["commands.md"] for verb in VERBS)
    assert "## seatrial cost explain\n" in written["commands.md"]
    assert all(f"## {code} " in written["findings.md"] for code in catalogue())
    keys = [field.alias or name for name, field in StackConfig.model_fields.items()]
    assert all(f"| `{key}` |" in written["stack-file.md"] for key in keys)


def test_a_key_tells_its_bounds_and_what_stands_below_it() -> None:
    page = pages()["stack-file.md"]

    assert "| `port` | integer, at least 1, at most 65535 | `8000` |" in page
    assert "The registry that a digest is copied from" in page


def test_what_would_end_a_cell_is_escaped() -> None:
    assert table(("a",), [("x|y",)]) == "| a |\n| --- |\n| x\\|y |\n"
