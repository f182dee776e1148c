"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

from infra.project import Project
from scripts.errors import usage

JsonFlag = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
ProjectFolder = Annotated[
    Path | None,
    typer.Option("--project", help="The project's folder; without it, the one that holds this folder."),
]
StackName = Annotated[str, typer.Argument(help="The stack: stacks/Pulumi.STACK.yaml.")]


def project_of(folder: Path | None) -> "Project":
    """Return the project that was named, or the one that holds the current folder."""
    return Project.find(folder or Path.cwd())


def require_known_stack(project: "Project", stack: str) -> str:
    """Return the stack's name when it has a file, or a folder that is left of a rehearsal."""
    return stack if stack in rehearsed_stacks(project) else require_stack(project, stack)


def rehearsed_stacks(project: "Project") -> list[str]:
    """Return the stacks that have a file or were ever rehearsed here, sorted."""
    folders = project.state("-").parent
    left = [path.name for path in folders.iterdir() if path.is_dir()] if folders.is_dir() else []
    return sorted({*project.stack_names(), *left})


def require_stack(project: "Project", stack: str) -> str:
    """Return the stack's name; refuse one without a file, naming those that there are."""
    if stack not in project.stack_names():
        known = ", ".join(project.stack_names()) or "none"
        usage(f"there is no stack {stack!r} in {project.stacks}; stacks here: {known}")
    return stack
