"""`seatrial policy`: hold stacks against the policies, before anything runs."""

from typing import Annotated

import typer

from infra.config import load_stack
from infra.cost.stacks import plans
from infra.policy.limits import limits_of
from infra.policy.verdict import Verdict, judge
from infra.project import Project
from scripts.cost_price import setting
from scripts.errors import SAID_NO, usage
from scripts.options import JsonFlag, ProjectFolder, project_of, require_stack
from scripts.output import emit, result
from scripts.report import show_findings


def command(
    stack: Annotated[str | None, typer.Option("--stack", help="The stack: stacks/Pulumi.STACK.yaml.")] = None,
    override: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE of the stack file, such as policy.publicNetwork=false."),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every stack, as without --stack.")] = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Say which policies a stack's plan breaks; exit 3 when a mandatory one is among them."""
    if every and stack is not None:
        usage(f"--all and --stack {stack} contradict each other: use one")
    found = project_of(project)
    names = found.stack_names() if stack is None else [require_stack(found, stack)]
    verdicts = _judged(found, names, override or [])
    if as_json:
        emit({"ok": all(one.ok for one in verdicts), "stacks": [_entry(one) for one in verdicts]})
    else:
        _show(verdicts)
    if not all(one.ok for one in verdicts):
        raise typer.Exit(SAID_NO)


def _judged(project: Project, names: list[str], settings: list[str]) -> list[Verdict]:
    overrides = dict(map(setting, settings))
    bounds = {name: limits_of(load_stack(project, name, overrides).policy) for name in names}
    return [judge(plan, bounds[plan.stack]) for plan in plans(project, names, overrides)]


def _entry(verdict: Verdict) -> dict[str, object]:
    return {**verdict.model_dump(mode="json"), "ok": verdict.ok}


def _show(verdicts: list[Verdict]) -> None:
    console = result()
    for verdict in verdicts:
        counts = f"{len(verdict.findings)} mandatory and {len(verdict.advice)} advisory violations"
        said = "breaks no policy" if verdict.ok and not verdict.advice else counts
        console.print(f"{verdict.stack}: {said} ({verdict.policies} policies)")
        if verdict.findings or verdict.advice:
            show_findings(console, (*verdict.findings, *verdict.advice))


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("policy")(command)
