"""`seatrial status`: what runs, where, since when."""

from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from infra.rehearsal.twin_process import running
from infra.twin.client import TwinClient
from scripts.options import JsonFlag, ProjectFolder, project_of, rehearsed_stacks
from scripts.output import emit, result

if TYPE_CHECKING:
    from infra.project import Project


def command(*, as_json: JsonFlag = False, project: ProjectFolder = None) -> None:
    """Show every rehearsed stack that runs: mode, address, model, revisions, findings."""
    found = project_of(project)
    stacks = [entry for stack in rehearsed_stacks(found) if (entry := _ask(found, stack)) is not None]
    if as_json:
        emit({"stacks": stacks})
        return
    for entry in stacks:
        _show(entry)
    if not stacks:
        result().print("nothing runs; start a rehearsal with `seatrial up dev`")


def _ask(project: "Project", stack: str) -> dict[str, Any] | None:

    address = running(project.state(stack))
    if address is None:
        return None
    with TwinClient(address, 10.0) as twin:
        return {"stack": stack, "pid": address.pid, "since": address.started_at, **twin.status()}


def _show(entry: dict[str, Any]) -> None:

    console = result()
    head = f"{entry['stack']}: {entry['mode']} mode, since {entry['since']}, twin pid {entry['pid']}"
    console.print(Text(head, style="bold"))
    model = entry.get("model") or {}
    if model:
        console.print(f"  model {model.get('name')} in place of {model.get('twin_of') or 'the declared one'}")
    for app in entry.get("apps", ()):
        console.print(f"  app {app['name']} at {app.get('url') or 'no address'}")
        for revision in app.get("revisions", ()):
            console.print(Text(f"    {_revision(revision)}"))
    for finding in entry.get("findings", ()):
        console.print(Text(f"  {finding['code']} {finding['resource']}: {finding['message']}", style="red"))
    console.print(f"  {len(entry.get('resources', ()))} resources")


def _revision(revision: dict[str, Any]) -> str:
    state = "active" if revision.get("active") else "inactive"
    why = f": {revision['reason']}" if revision.get("reason") else ""
    return (
        f"{revision['name']} {state}, weight {revision.get('weight')}, "
        f"replicas {revision.get('replicas')}, {revision.get('health')}{why}"
    )


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("status")(command)
