"""Printing prices and their changes for a person."""

from typing import TYPE_CHECKING

from infra.cost.formats.table import table
from scripts.output import result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.cost.change.difference import Difference
    from infra.cost.model import Estimate

STYLES = {"+": "green", "-": "red", "!": "yellow"}


def show(estimates: "Sequence[Estimate]", changes: "Sequence[Difference]", against: str) -> None:
    """Print each stack's table and, with a comparison, what changed."""
    console = result()
    for index, estimate in enumerate(estimates):
        if index:
            console.print()
        console.print(table(estimate, console.width))
    if changes:
        _show_changes(changes, against)


def _show_changes(changes: "Sequence[Difference]", against: str) -> None:
    from rich.text import Text  # noqa: PLC0415 - only a comparison needs it

    from infra.cost.formats.changes import diff_lines, headline  # noqa: PLC0415 - as above

    console = result()
    console.print(Text(f"\nAgainst {against}. {headline(changes)}", style="bold"), soft_wrap=True)
    for change in changes:
        if change.note:
            console.print(f"{change.stack}: {change.note}", soft_wrap=True)
        if len(changes) > 1 and change.changed:
            console.print(Text(change.stack, style="bold"))
        for line in diff_lines(change):
            console.print(Text(line, style=STYLES.get(line[0], "")), soft_wrap=True)
