"""`seatrial cost explain LINE`: where a number of the estimate comes from."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cost.formats.explanation import document, explained, find
from infra.cost.stacks import price
from scripts.cost_price import assumptions, planned
from scripts.cost_request import Request, refuse
from scripts.options import JsonFlag, ProjectFolder, project_of
from scripts.output import emit


def command(
    line: Annotated[str, typer.Argument(help="The line's id, such as app.vcpu-active.")],
    *,
    stack: Annotated[str | None, typer.Option("--stack", help="The stack it is of.")] = None,
    plan: Annotated[Path | None, typer.Option("--plan", help="A preview's file in a stack's place.")] = None,
    override: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE of the stack file, such as app.minReplicas=2."),
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="Another model.")] = None,
    usage: Annotated[Path | None, typer.Option("--usage", help="A usage file of your own.")] = None,
    free_grants: Annotated[
        bool, typer.Option("--free-grants", help="Take off what Azure gives a subscription free.")
    ] = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Show a line's derivation step by step: quantity, free amounts, price with source and date, month."""
    found = project_of(project)
    named = stack or (None if plan else "dev")
    request = Request(
        stack=named,
        plan=plan,
        overrides=tuple(override or ()),
        model=model,
        usage=usage,
        free_grants=free_grants,
    )
    refuse(request)
    (estimate,) = price(found, planned(found, request), assumptions(request))
    entry = find(estimate, line)
    emit(document(estimate, entry)) if as_json else typer.echo(explained(estimate, entry))


def register(group: typer.Typer) -> None:
    """Add the part to the verb."""
    group.command("explain")(command)
