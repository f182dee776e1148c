"""`seatrial logs`: what the app of a rehearsed stack printed, and the traces that it sent."""

from typing import Annotated

import typer

from infra.twin.client import TwinClient
from scripts.errors import usage
from scripts.options import JsonFlag, ProjectFolder, StackName, project_of, require_stack
from scripts.output import emit, note, result


def command(
    stack: StackName = "dev",
    app: Annotated[str | None, typer.Option("--app", help="One container app by name.")] = None,
    tail: Annotated[int, typer.Option("--tail", min=1, max=2000, help="How many of the last lines.")] = 200,
    *,
    traces: Annotated[
        bool, typer.Option("--traces", help="The traces of runs instead, as Application Insights got them.")
    ] = False,
    run: Annotated[str | None, typer.Option("--run", help="With --traces: one run by its id.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=50, help="With --traces: how many of the latest runs.")
    ] = 3,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Print the last lines of a rehearsed app's console, or the traces of its runs."""
    if run is not None and not traces:
        usage("--run names the run of a trace: add --traces")
    found = project_of(project)
    with TwinClient.connect(found.state(require_stack(found, stack)), 10.0) as twin:
        if traces:
            _traces(twin, stack, run, limit, as_json=as_json)
        else:
            _lines(twin, stack, app, tail, as_json=as_json)


def _lines(twin: TwinClient, stack: str, app: str | None, tail: int, *, as_json: bool) -> None:
    lines = twin.logs(app, tail)
    if as_json:
        emit({"stack": stack, "lines": lines})
    else:
        for line in lines:
            typer.echo(line)


def _traces(twin: TwinClient, stack: str, run: str | None, limit: int, *, as_json: bool) -> None:
    from scripts.traces import show, traces_of  # noqa: PLC0415 - rich's trees, for this alone

    found = traces_of(twin, run, limit)
    if as_json:
        emit({"stack": stack, "traces": found})
        return
    show(result(), found)
    if not found:
        what = f"run {run}" if run else "any run"
        note(f"no trace of {what} has arrived: the app sends spans about a second after they end")


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("logs")(command)
