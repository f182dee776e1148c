"""`seatrial open`: the page of a rehearsed stack, or of its twin, with a fresh ticket."""

import asyncio
import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer

from infra.config import load_stack
from infra.rehearsal import page, people
from infra.twin.client import TwinClient
from scripts.errors import CommandError
from scripts.options import JsonFlag, ProjectFolder, StackName, project_of, require_stack
from scripts.output import emit

if TYPE_CHECKING:
    from infra.project import Project


def command(
    stack: StackName = "dev",
    user: Annotated[str, typer.Option("--user", help="Who opens the page.")] = "developer",
    *,
    twin: Annotated[
        bool, typer.Option("--twin", help="The twin's own page: resources, roles, revisions, database, logs.")
    ] = False,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open it, or only print it.")
    ] = True,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Open the chat page of a running stack, or its twin's page; the URL holds a ticket that is good once."""
    found = project_of(project)
    require_stack(found, stack)
    url = _twin_page(found, stack) if twin else asyncio.run(_page(found, stack, user))
    if as_json:
        emit({"stack": stack, "url": url})
        return
    typer.echo(url)
    if browser:
        webbrowser.open(url)


def _twin_page(project: "Project", stack: str) -> str:
    with TwinClient.connect(project.state(stack), 10.0) as twin:
        return twin.page()


async def _page(project: "Project", stack: str, user: str) -> str:

    with TwinClient.connect(project.state(stack), 10.0) as twin:
        urls = twin.status()["urls"]
    if not urls:
        raise CommandError(f"the stack {stack} has no app with a way in", "See `seatrial status`.")
    (token,) = await people.tokens(project, stack, load_stack(project, stack), [user])
    return await page.page_url(next(iter(urls.values())), token)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("open")(command)
