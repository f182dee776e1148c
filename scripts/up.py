"""`seatrial up`: rehearse a stack and leave it there to be used."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Literal

import httpx
import typer

from infra.mistakes import catalogue
from infra.mistakes.scratch import with_mistake
from infra.rehearsal.errors import RehearsalError
from infra.rehearsal.invitation import invite
from infra.rehearsal.mode import choose, require_engine
from infra.rehearsal.order import After, Engine, Order
from infra.rehearsal.report import UpReport
from infra.rehearsal.session import run
from infra.verify.report import CheckFailedError
from scripts.options import JsonFlag, ProjectFolder, StackName, project_of, require_stack
from scripts.output import emit, note, progress
from scripts.report import show
from scripts.stages import printer

if TYPE_CHECKING:
    from infra.project import Project
    from infra.rehearsal.invitation import Invitation

ModeWish = Annotated[
    Literal["auto", "docker", "process"],
    typer.Option("--mode", help="Run the app as a container, or as a process where there is no Docker."),
]
EngineWish = Annotated[
    Literal["in-process", "pulumi"],
    typer.Option("--engine", help="What runs the program: this package alone, or Pulumi's own engine."),
]
ScriptedFlag = Annotated[bool, typer.Option("--allow-scripted", help="Accept the scripted model as a model.")]


def command(
    stack: StackName = "dev",
    engine: EngineWish = "in-process",
    mode: ModeWish = "auto",
    mistake: Annotated[
        str | None,
        typer.Option("--break", help="Seed a mistake and watch it fail: acrpull, probe, secret, ..."),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="The way in; 0 chooses.")] = 0,
    *,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return after the report, leave it running.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave a failed stack running to look at.")] = False,
    allow_scripted: ScriptedFlag = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Deploy a stack onto the local twin of Azure, prove it, price it; Ctrl-C stops everything."""
    found = project_of(project)
    require_stack(found, stack)
    after: After = "leave" if detach or as_json else "hold"
    if mistake is not None:
        found, after = _broken(found, mistake, stack), after if keep else "stop"
    order = prepare(
        found,
        stack,
        mode,
        engine=engine,
        after=after,
        port=port,
        keep=keep,
        allow_scripted=allow_scripted,
        as_json=as_json,
    )
    report = carry_out(order, as_json=as_json, mistake=mistake)
    raise typer.Exit(report.exit_code)


def prepare(
    project: "Project",
    stack: str,
    wish: Literal["auto", "docker", "process"],
    *,
    after: "After",
    engine: "Engine" = "in-process",
    port: int = 0,
    keep: bool = False,
    allow_scripted: bool = False,
    as_json: bool = False,
) -> "Order":
    """Return the order for a rehearsal, with the mode that this machine allows."""
    try:
        require_engine(engine)
        choice = asyncio.run(choose(wish, project, stack))
    except RehearsalError as error:
        if as_json:
            refused = UpReport(stack=stack, ok=False, mode="docker", findings=(error.finding,))
            emit(refused.model_dump(mode="json"))
            raise typer.Exit(refused.exit_code) from error
        raise
    note(choice.reason)
    return Order(
        project=project,
        stack=stack,
        mode=choice.mode,
        engine=engine,
        port=port,
        after=after,
        keep=keep,
        allow_scripted=allow_scripted,
    )


def carry_out(order: "Order", *, as_json: bool, mistake: str | None = None) -> "UpReport":
    """Run a rehearsal and print its report as soon as it is there."""
    console = progress()

    async def told(report: "UpReport") -> None:
        shown = _with_mistake(report, mistake)
        if as_json:
            emit(shown.model_dump(mode="json"))
            return
        usable = report.ok and report.running and order.after != "stop"
        show(shown, await _invitation(order, report.url) if usable and report.url else None)

    return asyncio.run(run(order, printer(console), told))


async def _invitation(order: "Order", url: str) -> "Invitation | None":
    """Return an invitation, or None with a word about it when the app gave no ticket."""
    try:
        return await invite(order, url)
    except (CheckFailedError, httpx.HTTPError) as error:
        note(f"no invitation to the page: {str(error) or type(error).__name__}")
        return None


def _broken(project: "Project", name: str, stack: str) -> "Project":

    seeded = catalogue.mistake(name)
    copy = with_mistake(project, seeded, stack)
    files = ", ".join(edit.file.replace("{stack}", stack) for edit in seeded.edits)
    note(f"seeded mistake: {seeded.title} ({files}); expected finding {seeded.code}")
    return copy


def _with_mistake(report: "UpReport", name: str | None) -> "UpReport":
    """Add what the seeded mistake would have shown in another mode."""
    seeded = catalogue.mistake(name) if name else None
    if seeded is None or seeded.not_shown is None or report.mode in seeded.modes:
        return report
    return report.model_copy(update={"not_shown": (*report.not_shown, seeded.not_shown)})


__all__ = ["carry_out", "command", "prepare"]


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("up")(command)
