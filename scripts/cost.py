"""`seatrial cost`: what a month of a stack costs, before it exists."""

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cost.estimate import estimate
from infra.cost.report import as_json as breakdown
from infra.cost.report import as_text
from infra.synthesis import synthesise
from scripts.errors import usage
from scripts.options import JsonFlag, ProjectFolder, project_of, require_stack
from scripts.output import emit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.cost.estimate import Estimate
    from infra.project import Project

AT_ONCE = 2


def command(
    stack: Annotated[str | None, typer.Option("--stack", help="The stack to price.")] = None,
    override: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE of the stack file, such as app.cpu=1.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Price every stack.")] = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Price a stack's fixed monthly cost from its program and a dated table, without an account."""
    found = project_of(project)
    if (stack is None) == (not every):
        usage("name one stack with --stack, or all with --all")
    names = found.stack_names() if stack is None else [require_stack(found, stack)]
    estimates = _estimates(found, names, dict(map(_setting, override or ())))
    if as_json:
        emit(_merged([breakdown(one) for one in estimates]))
        return
    for one in estimates:
        typer.echo(f"{one.stack}\n{as_text(one)}")


def _estimates(project: "Project", names: "Sequence[str]", overrides: dict[str, Any]) -> "list[Estimate]":
    with ThreadPoolExecutor(AT_ONCE) as pool:
        plans = list(pool.map(lambda name: synthesise(project, name, overrides), names))
    return [estimate(plan) for plan in plans]


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        usage(f"--set {text!r} is no KEY=VALUE, such as app.cpu=1")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _merged(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one breakdown with a project for each stack."""
    if len(reports) == 1:
        return reports[0]
    return {
        **reports[0],
        "projects": [project for report in reports for project in report["projects"]],
        "totalMonthlyCost": _sum(reports, "totalMonthlyCost"),
        "totalHourlyCost": _sum(reports, "totalHourlyCost"),
        "complete": all(report["complete"] for report in reports),
        "unpriced": [sentence for report in reports for sentence in report["unpriced"]],
        "summary": {key: sum(report["summary"][key] for report in reports) for key in reports[0]["summary"]},
    }


def _sum(reports: list[dict[str, Any]], key: str) -> str:
    return str(sum((Decimal(report[key]) for report in reports), Decimal(0)))


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("cost")(command)
