"""The estimate as a table for a terminal; the same table, without colours, where it is piped."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.cost.formats.amounts import UNKNOWN
from infra.cost.formats.rows import (
    NO_PRICE,
    Row,
    Sources,
    conversations,
    kind,
    line_row,
    resource_amounts,
    totals,
    unbilled,
    verdict,
)
from infra.cost.model import Estimate, ResourceCost

LEFT = frozenset({"component", "basis", "unit"})
WIDE = ("basis", "unit", "quantity", "price", "source")
NARROW = ("basis", "source")
WIDE_FROM = 105


def table(estimate: Estimate, width: int = WIDE_FROM) -> RenderableType:
    """Return what a stack costs: each line, the totals, the sources, what is missing.

    A narrow terminal gets the amounts without the quantities and prices that they come from.
    """
    sources = Sources()
    facts = WIDE if width >= WIDE_FROM else NARROW
    body = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("component", *facts, *estimate.columns):
        shown = "" if name == "source" else name
        body.add_column(shown, justify="left" if name in LEFT else "right", overflow="fold")
    for resource in estimate.resources:
        if resource.lines:
            _add(body, resource, estimate.columns, sources, facts)
    _foot(body, estimate, facts)
    head = Text(f"{estimate.stack}: a month in {estimate.currency}", style="bold")
    notes = _notes(estimate, sources)
    if facts is NARROW:
        notes.insert(
            0, Text(f"quantities and prices: a terminal of {WIDE_FROM} columns, --markdown or --json")
        )
    return Group(head, body, *notes)


def _add(
    body: Table, resource: ResourceCost, columns: tuple[str, ...], sources: Sources, facts: Sequence[str]
) -> None:
    amounts = resource_amounts(resource, columns)
    name = Text.assemble((resource.name, "bold"), (f"  {kind(resource).rpartition(':')[2]}", "dim"))
    body.add_row(name, *([""] * len(facts)), *(Text(amount, style="bold") for amount in amounts))
    for line in resource.lines:
        _add_line(body, line_row(line, columns, sources), facts)


def _add_line(body: Table, row: Row, facts: Sequence[str]) -> None:
    unknown = row.price == NO_PRICE or UNKNOWN in row.amounts
    cells = (f"  {row.component}", *(str(getattr(row, name)) for name in facts), *row.amounts)
    body.add_row(*(Text(cell, style="yellow" if unknown else "") for cell in cells))


def _foot(body: Table, estimate: Estimate, facts: Sequence[str]) -> None:
    body.add_row()
    for name, amounts in totals(estimate):
        body.add_row(Text(name, style="bold"), *([""] * len(facts)), *amounts)


def _notes(estimate: Estimate, sources: Sources) -> list[Text]:
    lines = [Text("quantity: expected; idle is no use at all, busy the expected use at its peak")]
    lines.append(Text(verdict(estimate), style="" if estimate.complete else "bold yellow"))
    told = conversations(estimate)
    lines += [Text(told)] if told else []
    if estimate.lines:
        lines.append(
            Text(f"a line's origin: seatrial cost explain {estimate.lines[0].id} --stack {estimate.stack}")
        )
    for status, resources in unbilled(estimate):
        names = ", ".join(resource.name for resource in resources)
        lines.append(Text(f"{status.value}: {names}", style="dim"))
    lines += [Text(f"not known: {sentence}", style="yellow") for sentence in estimate.unpriced]
    lines += [Text(source, style="dim") for source in sources.listed()]
    return lines
