"""The estimate as Markdown, for a job summary or a wiki."""

from collections.abc import Iterable

from infra.cost.formats.grid import grid
from infra.cost.formats.rows import (
    Sources,
    conversations,
    kind,
    line_row,
    resource_amounts,
    totals,
    unbilled,
    verdict,
)
from infra.cost.model import Estimate

HEAD = ("Resource", "Basis", "Unit", "Quantity", "Price", "Source")


def markdown(estimates: Iterable[Estimate]) -> str:
    """Return every stack's estimate under a heading of its own."""
    return "\n\n".join("\n".join(_section(one)) for one in estimates) + "\n"


def _section(estimate: Estimate) -> list[str]:
    sources = Sources()
    head = (*HEAD, *(column.capitalize() for column in estimate.columns))
    body = grid(head, _rows(estimate, sources), 3)
    told, said = conversations(estimate), verdict(estimate)
    return [
        f"## {estimate.stack}: a month in {estimate.currency}",
        "",
        *body,
        "",
        f"Quantity is that of the expected month. {said[0].upper()}{said[1:]}.",
        *([told + "."] if told else []),
        *_notes(estimate),
        "",
        *(f"- {source}" for source in sources.listed()),
    ]


def _rows(estimate: Estimate, sources: Sources) -> list[list[str]]:
    rows = []
    for resource in estimate.resources:
        if not resource.lines:
            continue
        amounts = resource_amounts(resource, estimate.columns)
        rows.append([f"**{resource.name}** ({kind(resource)})", *[""] * 5, *map(_bold, amounts)])
        for line in resource.lines:
            row = line_row(line, estimate.columns, sources)
            rows.append(
                [row.component, row.basis, row.unit, row.quantity, row.price, row.source, *row.amounts]
            )
    rows += [[_bold(name), *[""] * 5, *map(_bold, amounts)] for name, amounts in totals(estimate)]
    return rows


def _notes(estimate: Estimate) -> list[str]:
    free = [
        f"{status.value}: {', '.join(one.name for one in found)}"
        for status, found in unbilled(estimate)
        if not status.unknown
    ]
    lacking = [f"- not known: {sentence}" for sentence in estimate.unpriced]
    return ["", *lacking, *(f"- {line}" for line in free)]


def _bold(text: str) -> str:
    return f"**{text}**" if text else ""
