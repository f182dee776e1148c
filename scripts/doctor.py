"""`seatrial doctor`: what would stop the first deployment, and what to do about it."""

import os
import subprocess
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from infra.bootstrap.subjects import RepositoryError
from infra.bootstrap.subjects import repository as checked_repository
from infra.doctor.examination import Examination, examined_project
from infra.doctor.subject import repository_of, subject_of
from scripts.errors import SAID_NO, usage
from scripts.options import JsonFlag, ProjectFolder, project_of, require_stack
from scripts.output import emit, note, result

if TYPE_CHECKING:
    from pathlib import Path

    from infra.doctor.model import Outcome

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red", "skipped": "dim"}


def command(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack to be deployed.")] = "dev",
    repository: Annotated[
        str | None, typer.Option("--repository", help="OWNER/NAME on GitHub; without it, that of `origin`.")
    ] = None,
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nothing outside this machine.")] = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Look over machine, account and names before a first deployment; changes nothing. Exit 3: not yet."""
    found = project_of(project)
    named = _checked(repository) if repository else _origin(found.root)
    subject = subject_of(found, require_stack(found, stack), os.environ, named)
    note(f"looking {stack} over: its program, this machine" + ("" if offline else ", Azure"))
    examination = examined_project(found, subject, _tell, offline=offline)
    emit(_document(examination)) if as_json else _show(examination)
    if not examination.ok:
        raise typer.Exit(SAID_NO)


def _checked(named: str) -> str:
    try:
        return checked_repository(named)
    except RepositoryError as error:
        usage(str(error))


def _origin(root: "Path") -> str | None:
    try:
        asked = subprocess.run(  # noqa: S603 - a folder of the user's
            ("git", "-C", str(root), "remote", "get-url", "origin"),  # noqa: S607 - the user's own git
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return repository_of(asked.stdout)


def _tell(outcome: "Outcome") -> None:
    note(f"{outcome.status:7} {outcome.title}")


def _document(examination: Examination) -> dict[str, Any]:
    return {
        "stack": examination.stack,
        "ok": examination.ok,
        "checks": [asdict(one) for one in examination.outcomes],
    }


def _show(examination: Examination) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("check", "verdict", "seen"):
        table.add_column(name, overflow="fold")
    for one in examination.outcomes:
        table.add_row(one.title, Text(one.status, style=STYLES[one.status]), one.seen)
    console = result()
    console.print(table)
    for one in examination.outcomes:
        if one.fix:
            console.print(Text(f"\n{one.title}: {one.fix}", style="bold"), soft_wrap=True)
            console.print(Text(f"  {one.link}", style="underline"), soft_wrap=True)
    told = ", ".join(f"{examination.count(status)} {status}" for status in STYLES)
    console.print(Text(f"\n{told}"))


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("doctor")(command)
