"""`seatrial preview STACK`: what an update from this checkout would do to what runs in Azure."""

from typing import TYPE_CHECKING, Annotated

import typer

from infra.release.engine import Engine
from infra.release.plan import preview
from scripts.options import JsonFlag, ProjectFolder, project_of, require_stack
from scripts.output import emit

if TYPE_CHECKING:
    from infra.release.model import PlanReport


def command(
    stack: Annotated[str, typer.Argument(help="The stack: stacks/Pulumi.STACK.yaml.")],
    *,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Run `pulumi preview` and say what would change, without any value; exit 1 when it fails."""
    found = project_of(project)
    require_stack(found, stack)
    report = preview(Engine(found), stack)
    emit(report.model_dump(mode="json")) if as_json else show(report)
    raise typer.Exit(0 if report.ok else 1)


def show(report: "PlanReport") -> None:
    """Print a plan for a person."""
    for step in report.steps:
        typer.echo(f"{step.op:<8} {step.name}  {step.type}  {', '.join(step.paths)}".rstrip())
    for message in report.messages:
        typer.echo(f"- {message}")
    told = f"{len(report.steps)} to change, {report.same} unchanged" if report.ok else "no plan"
    typer.echo(f"{report.stack}: {told}")


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("preview")(command)
