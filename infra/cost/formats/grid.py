"""A table in Markdown."""

from collections.abc import Iterable, Sequence


def grid(head: Sequence[str], rows: Iterable[Sequence[str]], left: int) -> list[str]:
    """Return a Markdown table; the columns from `left` on are numbers."""
    rule = ["---" if index < left else "---:" for index in range(len(head))]
    return [_row(head), _row(rule), *(_row(cells) for cells in rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
