"""`seatrial down`: stop what `up` left running, and what a killed `up` could not clean."""

import asyncio
from pathlib import Path

import typer

from infra.mistakes.scratch import folder
from infra.project import Project
from infra.rehearsal import twin_process
from scripts.options import JsonFlag, ProjectFolder, StackName, project_of, require_known_stack
from scripts.output import emit, result


def command(stack: StackName = "dev", *, as_json: JsonFlag = False, project: ProjectFolder = None) -> None:
    """Stop a rehearsed stack; does nothing when nothing runs."""
    found = project_of(project)
    stopped = asyncio.run(_stop_all(found, require_known_stack(found, stack)))
    if as_json:
        emit({"stack": stack, "stopped": stopped})
    else:
        result().print(f"{stack}: stopped" if stopped else f"{stack}: nothing was running")


async def _stop_all(project: "Project", stack: str) -> bool:

    stopped = [await twin_process.stop(state) for state in _states(project, stack)]
    return any(stopped)


def _states(project: "Project", stack: str) -> list[Path]:
    """Return the stack's state folder, and those of its copies with a mistake in them."""
    copies = folder(project)
    names = sorted(copies.iterdir()) if copies.is_dir() else []
    return [project.state(stack), *(Project(copy).state(stack) for copy in names)]


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("down")(command)
