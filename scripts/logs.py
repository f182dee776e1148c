"""`seatrial logs`: what the app of a rehearsed stack printed."""

from typing import Annotated

import typer

from infra.twin.client import TwinClient
from scripts.options import JsonFlag, ProjectFolder, StackName, project_of, require_stack
from scripts.output import emit


def command(
    stack: StackName = "dev",
    app: Annotated[str | None, typer.Option("--app", help="One container app by name.")] = None,
    tail: Annotated[int, typer.Option("--tail", min=1, max=2000, help="How many of the last lines.")] = 200,
    *,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Print the last lines of a rehearsed app's console."""
    found = project_of(project)
    with TwinClient.connect(found.state(require_stack(found, stack)), 10.0) as twin:
        lines = twin.logs(app, tail)
    if as_json:
        emit({"stack": stack, "lines": lines})
    else:
        for line in lines:
            typer.echo(line)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("logs")(command)
