"""The price that was asked for: computed, compared, printed, gated."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from infra.cost.stacks import Assumptions, plans, price
from infra.plan import Plan
from scripts.cost_request import Request
from scripts.errors import FAILED, SAID_NO, usage
from scripts.options import require_stack

if TYPE_CHECKING:
    from infra.cost.change.difference import Difference
    from infra.cost.model import Estimate
    from infra.project import Project

SHORT = {
    "scale.min": "app.minReplicas",
    "scale.max": "app.maxReplicas",
    "scale.concurrency": "app.concurrency",
}


@dataclass(frozen=True)
class Answer:
    """Hold what is known: the estimates, and with a comparison what changed against what."""

    estimates: "Sequence[Estimate]"
    changes: "Sequence[Difference]" = ()
    against: str = ""
    failed: Sequence[str] = ()


def answer(project: "Project", request: Request) -> None:
    """Print what was asked for; exit 3 when a gate says no, 1 when a gate could not be asked."""
    found = _found(project, request)
    _print(project, request, found)
    _write(request, found)
    if request.write_budget:
        _budget(project, found.estimates)
    reasons, code = _gates(request, found)
    for reason in reasons:
        sys.stderr.write(f"seatrial: {reason}\n")
    if reasons:
        raise typer.Exit(code)


def overrides_of(request: Request) -> dict[str, Any]:
    """Return the settings that the price is asked under, by the stack file's keys."""
    settings = dict(map(setting, request.overrides))
    return {**settings, "model.name": request.model} if request.model else settings


def setting(text: str) -> tuple[str, Any]:
    """Return KEY=VALUE as a key of the stack file and a value; refuse anything else."""
    key, equals, value = text.partition("=")
    if not equals or not all(key.split(".")):
        usage(f"--set {text!r} is no KEY=VALUE, such as app.minReplicas=2")
    try:
        return SHORT.get(key, key), json.loads(value)
    except ValueError:
        return SHORT.get(key, key), value


def assumptions(request: Request) -> Assumptions:
    """Return what the price is asked under."""
    own = None
    if request.usage:
        from infra.cost.usage.file import read_usage  # noqa: PLC0415 - only a file of one's own needs it

        own = read_usage(request.usage)
    return Assumptions(overrides=overrides_of(request), usage=own, free_grants=request.free_grants)


def planned(project: "Project", request: Request) -> list[Plan]:
    """Return the plans that are to be priced: of a preview's file, or of the stacks' programs."""
    if request.plan is not None:
        return [_from_file(request)]
    names = project.stack_names() if request.every else [require_stack(project, request.stack or "")]
    return plans(project, names, overrides_of(request))


def _from_file(request: Request) -> Plan:
    from infra.cost.plan_file import read_plan  # noqa: PLC0415 - only a file needs it

    path = request.plan
    if path is None or str(path) == "-":
        found = read_plan(sys.stdin.read(), "standard input")
    else:
        found = read_plan(path.read_bytes(), str(path))
    return Plan(stack=request.stack or found.stack, resources=found.resources)


def _found(project: "Project", request: Request) -> Answer:
    assumed = assumptions(request)
    estimates = price(project, planned(project, request), assumed)
    if not (request.compared or request.what_if):
        return Answer(estimates)
    from infra.cost.change.difference import differences  # noqa: PLC0415 - only a comparison needs it
    from infra.cost.change.snapshot import taken  # noqa: PLC0415 - as above
    from scripts.cost_compare import baseline_of  # noqa: PLC0415 - as above

    before = baseline_of(project, request, [one.stack for one in estimates], assumed)
    after = [taken(one) for one in estimates if one.stack not in before.failed]
    changes = differences(before.snapshots, after, before.notes)
    return Answer(estimates, changes, before.label, list(before.failed.values()))


def _print(project: "Project", request: Request, found: Answer) -> None:
    if request.as_json:
        from infra.cost.formats.breakdown import breakdown  # noqa: PLC0415 - one format is loaded, not all
        from infra.cost.origin import origin  # noqa: PLC0415 - as above
        from scripts.output import emit  # noqa: PLC0415 - as above

        emit(breakdown(found.estimates, found.changes, origin(project)))
    elif request.markdown:
        from infra.cost.formats.changes import changed  # noqa: PLC0415 - as above
        from infra.cost.formats.markdown import markdown  # noqa: PLC0415 - as above

        typer.echo(markdown(found.estimates) + changed(found.changes, found.against), nl=False)
    else:
        from scripts.cost_show import show  # noqa: PLC0415 - as above

        show(found.estimates, found.changes, found.against)
    for sentence in found.failed:
        sys.stderr.write(f"seatrial: not compared: {sentence}\n")


def _write(request: Request, found: Answer) -> None:
    if request.comment:
        from infra.cost.formats.comment import comment, uncompared  # noqa: PLC0415 - only where asked for

        text = (
            comment(found.changes, found.estimates, found.against, found.failed)
            if found.changes
            else uncompared(found.estimates, found.failed)
        )
        request.comment.write_text(text, encoding="utf-8")
    if request.chart:
        from infra.cost.formats.chart import chart  # noqa: PLC0415 - only where asked for
        from infra.cost.formats.raster import write  # noqa: PLC0415 - as above

        write(request.chart, chart(found.estimates))


def _budget(project: "Project", estimates: "Sequence[Estimate]") -> None:
    from infra.cost.budget_amount import amount, written  # noqa: PLC0415 - only where asked for

    amounts = [(one.stack, amount(one)) for one in estimates]
    for stack, value in amounts:
        before = written(project.stack_file(stack), value)
        sys.stderr.write(f"stacks/Pulumi.{stack}.yaml: seatrial:budget.amount {before} -> {value:f}\n")


def _gates(request: Request, found: Answer) -> tuple[list[str], int]:
    from infra.cost.change.gates import above, increased  # noqa: PLC0415 - after the price

    refused = [
        above(found.estimates, request.most) if request.most else None,
        increased(found.changes, request.most_more) if request.most_more and found.changes else None,
    ]
    reasons = [reason for reason in refused if reason]
    lacking = [sentence for one in found.estimates for sentence in one.unpriced]
    if lacking:
        more = f" (and {len(lacking) - 1} more)" if lacking[1:] else ""
        incomplete = f"the price is incomplete: {lacking[0]}{more}"
        if request.strict:
            reasons.append(incomplete)
        elif (request.most or request.most_more) and not reasons:
            sys.stderr.write(f"seatrial: the limit was held against what is known; {incomplete}\n")
    if request.most_more and found.failed and not reasons:
        return ["the increase could not be checked: " + "; ".join(found.failed)], FAILED
    return reasons, SAID_NO
