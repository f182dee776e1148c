"""`seatrial cost collect URL`: a usage file from what a deployment itself has counted."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer
import yaml

from infra.cost.collect import derive, read
from infra.cost.deployment import metrics, threads
from infra.cost.usage.file import usage_path
from infra.cost.usage.writing import merged, written
from infra.verify.client import is_local
from scripts.errors import usage as refuse
from scripts.options import JsonFlag, ProjectFolder, project_of, require_stack
from scripts.output import emit, note

if TYPE_CHECKING:
    from infra.cost.collect import Collected

TIMEOUT = 20.0


def command(
    url: Annotated[str, typer.Argument(help="Where the app answers, such as https://app.example.com.")],
    token: Annotated[
        list[str] | None,
        typer.Option("--token", help="A user's token: reads /metrics and that user's threads."),
    ] = None,
    stack: Annotated[
        str | None, typer.Option("--stack", help="Keep what this stack's usage file says and nothing tells.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The file to write; without it, standard output.")
    ] = None,
    over: Annotated[
        float, typer.Option("--over", min=0, help="Read twice, so many seconds apart; 0: since the start.")
    ] = 0.0,
    *,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Write a usage file from a deployment's /metrics and threads; names what they do not tell."""
    _require_http(url)
    base = _base(stack, project)
    found = _collected(url, token or [], over)
    values = merged(base, found)
    day = datetime.now(UTC).date().isoformat()
    text = written(values, found, url, day)
    if out is not None:
        out.write_text(text, encoding="utf-8")
        note(f"{out}: {len(found.values)} keys derived")
    if as_json:
        emit({"values": found.values, "how": found.how, "notDerived": found.missing})
    elif out is None:
        typer.echo(text, nl=False)
    for key, why in found.missing.items():
        note(f"not derived: {key}: {why}")


def _collected(url: str, tokens: list[str], over: float) -> "Collected":
    first = tokens[0] if tokens else None
    with httpx.Client(base_url=url, timeout=TIMEOUT, trust_env=not is_local(url)) as http:
        before = read(metrics(http, first), time.time()) if over else None
        time.sleep(over)
        counted = read(metrics(http, first), time.time()).since(before)
        return derive(counted, threads(http, tokens))


def _base(stack: str | None, folder: Path | None) -> dict[str, Any]:
    if stack is None:
        return {}
    found = project_of(folder)
    path = usage_path(found, require_stack(found, stack))
    values = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return values if isinstance(values, dict) else {}


def _require_http(url: str) -> None:
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        refuse(f"{url!r} is no address of an app; write it like https://app.example.com")


def register(group: typer.Typer) -> None:
    """Add the part to the verb."""
    group.command("collect")(command)
