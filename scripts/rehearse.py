"""`seatrial rehearse STACK`: up, verify, price, down."""

from typing import Annotated

import typer

from scripts.options import JsonFlag, ProjectFolder, project_of, require_stack
from scripts.up import ModeWish, ScriptedFlag, carry_out, prepare


def command(
    stack: Annotated[str, typer.Argument(help="The stack: stacks/Pulumi.STACK.yaml.")],
    mode: ModeWish = "auto",
    *,
    allow_scripted: ScriptedFlag = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Rehearse a stack from nothing to a proved answer and a price, then stop it."""
    found = project_of(project)
    require_stack(found, stack)
    order = prepare(found, stack, mode, after="stop", allow_scripted=allow_scripted, as_json=as_json)
    report = carry_out(order, as_json=as_json)
    raise typer.Exit(report.exit_code)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("rehearse")(command)
