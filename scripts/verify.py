"""`seatrial verify URL`: the golden path against any deployed app, with evidence."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer
from rich.table import Table
from rich.text import Text

from infra.rehearsal.people import DEVELOPER, SECOND_USER
from infra.rehearsal.signing import DeveloperKey
from infra.verify.client import is_local
from infra.verify.golden import verify
from infra.verify.suite import Suite, load_suite, suite_of_goal
from scripts.errors import usage
from scripts.options import JsonFlag, ProjectFolder, project_of
from scripts.output import emit, note, result

if TYPE_CHECKING:
    from infra.verify.report import VerifyReport

DEFAULT_GOAL = "travel_planning"
BRIEF, WHOLE = 400, 2_000


def command(
    url: Annotated[str, typer.Argument(help="Where the app answers, such as http://localhost:8000.")],
    token: Annotated[
        list[str] | None, typer.Option("--token", help="A user's token; give two users'.")
    ] = None,
    suite: Annotated[Path | None, typer.Option("--suite", help="A suite file of your own.")] = None,
    goal: Annotated[
        str, typer.Option("--goal", help="The bundled goal whose examples are asked.")
    ] = DEFAULT_GOAL,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds for each check.")] = 120.0,
    *,
    allow_scripted: Annotated[
        bool, typer.Option("--allow-scripted", help="Accept the scripted model as a model.")
    ] = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Prove a running app: health, events, memory, isolation, WebSocket; exit 3 when a check says no."""
    _require_http(url)
    asked = _suite(suite, goal, project)
    tokens = token or _own_tokens(url, project)
    if not as_json:
        note(f"verifying {url}")
    report = asyncio.run(verify(url, tokens, asked, allow_scripted=allow_scripted, limit=timeout))
    emit(report.model_dump(mode="json")) if as_json else show(report)
    raise typer.Exit(0 if report.ok else 3)


def show(report: "VerifyReport") -> None:
    """Print the checks as a table, then their evidence: in short, and whole where a check said no."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("check", "", "seconds", "what was seen"):
        table.add_column(name, justify="right" if name == "seconds" else "left")
    for check in report.checks:
        word = Text("yes", style="green") if check.ok else Text("no", style="bold red")
        table.add_row(check.name, word, f"{check.seconds:.2f}", Text(check.detail))
    console = result()
    console.print(table)
    for check in report.checks:
        told = _brief(check.evidence) if check.ok else json.dumps(check.evidence, default=str)
        if check.evidence:
            console.print(Text(f"{check.name}: {told[: BRIEF if check.ok else WHOLE]}", style="dim"))
    for sentence in report.left_out:
        console.print(f"left out: {sentence}")
    verdict = "all checks say yes" if report.ok else f"{len(report.failed())} of {len(report.checks)} say no"
    console.print(f"{report.url}: {verdict}, {report.seconds:.1f} s, model {report.model or 'unknown'}")


def _brief(evidence: dict[str, Any]) -> str:
    """Return evidence in one short line."""
    return ", ".join(f"{name} {_value(value)}" for name, value in evidence.items())


def _value(value: object) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " > ".join(value)
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _require_http(url: str) -> None:

    try:
        host = httpx.URL(url).host and urlsplit(url).hostname
    except (httpx.InvalidURL, ValueError):
        host = None
    if not host or not url.startswith(("http://", "https://")):
        usage(f"{url!r} is no address of an app; write it like https://app.example.com")


def _suite(suite: Path | None, goal: str, folder: Path | None) -> "Suite":

    if suite is not None:
        return load_suite(suite)
    return suite_of_goal(project_of(folder).goals / goal)


def _own_tokens(url: str, folder: Path | None) -> list[str]:
    """Return tokens of two users by the developer's key, as dev stacks believe them; none leaves here."""
    if not is_local(url):
        usage(
            f"{url} is not on this machine, so it gets no token of your own key",
            "Give the tokens of two of its users: --token A --token B.",
        )
    key = DeveloperKey.of(project_of(folder))
    return [key.sign(DEVELOPER), key.sign(SECOND_USER)]


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("verify")(command)
