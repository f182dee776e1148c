"""`seatrial drift STACK`: whether what runs in Azure is still what the program describes."""

from typing import Annotated

import typer

from infra.release.engine import Engine
from infra.release.plan import drift
from scripts.options import JsonFlag, ProjectFolder, project_of, require_stack
from scripts.output import emit
from scripts.preview import show


def command(
    stack: Annotated[str, typer.Argument(help="The stack: stacks/Pulumi.STACK.yaml.")],
    *,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Read what runs and compare it under the last deployment's configuration; exit 3 when it differs."""
    found = project_of(project)
    require_stack(found, stack)
    report = drift(Engine(found), stack)
    emit(report.model_dump(mode="json")) if as_json else show(report)
    raise typer.Exit(3 if report.drifted else int(not report.ok))


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("drift")(command)
