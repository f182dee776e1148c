"""The text of a pull request's comment on cost; a workflow finds it again by the tag and replaces it."""

from collections.abc import Iterable, Sequence

from infra.cost.change.difference import Difference
from infra.cost.formats.amounts import money
from infra.cost.formats.changes import HEAD, diff_lines, headline, rows
from infra.cost.formats.grid import grid
from infra.cost.model import Estimate, Status

TAG = "<!-- seatrial-cost -->"
COLUMN = "expected"


def comment(
    changes: Sequence[Difference], estimates: Sequence[Estimate], against: str, failed: Sequence[str] = ()
) -> str:
    """Return the comment: the headline, each stack before and after, the lines behind it, what is unknown."""
    parts = [
        TAG,
        f"### {headline(changes)}",
        "",
        *grid(HEAD, rows(changes), 2),
        "",
        f"A month as expected, in {changes[0].after.currency}, against {against}; busy is the peak.",
        "",
        *_details(changes),
        *_unknown(changes),
        *(f"- Not compared: {sentence}" for sentence in failed),
        *([""] if failed else []),
        counts(estimates),
        "",
        f"List prices of {estimates[0].prices_date}. This comment is renewed with every push.",
    ]
    return "\n".join(parts) + "\n"


def uncompared(estimates: Sequence[Estimate], failed: Sequence[str]) -> str:
    """Return the comment where no stack can be compared: what each costs now, and why no more is known."""
    lines = [f"- {one.stack}: {money(one.total(COLUMN))} {one.currency} a month" for one in estimates]
    parts = [TAG, "### Cost: no comparison", "", *lines, *(f"- Not compared: {one}" for one in failed)]
    return "\n".join([*parts, "", counts(estimates)]) + "\n"


def counts(estimates: Iterable[Estimate]) -> str:
    """Return how many resources there are, and how many of each status."""
    statuses = [resource.status for one in estimates for resource in one.resources]
    told = [f"{statuses.count(status)} {status.value}" for status in Status if status in statuses]
    return f"{len(statuses)} resources: {', '.join(told)}."


def _details(changes: Sequence[Difference]) -> list[str]:
    lines: list[str] = []
    for change in changes:
        if change.changed:
            lines += [change.stack, *diff_lines(change), ""]
    if not lines:
        return ["No line of the estimate changes.", ""]
    moved = sum(len(change.changed) for change in changes)
    legend = "+ added, - removed, ! changed"
    return [
        f"<details><summary>{moved} {'line' if moved == 1 else 'lines'} of the estimate</summary>",
        "",
        "```diff",
        *lines[:-1],
        "```",
        "",
        f"{legend}; a month as expected.",
        "",
        "</details>",
        "",
    ]


def _unknown(changes: Sequence[Difference]) -> list[str]:
    notes = [f"- {change.stack}: {change.note}" for change in changes if change.note]
    lacking = [f"- {change.stack}: {line}" for change in changes for line in change.after.unpriced]
    if lacking:
        notes.append(f"- Not known, so not in the totals (marked +?), {len(lacking)}:")
        notes += [f"  {line}" for line in lacking]
    return [*notes, ""] if notes else []
