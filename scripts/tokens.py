"""`seatrial token`: a token of the developer's own key, or of the twin for stacks with Entra ID."""

import asyncio
import re
from typing import TYPE_CHECKING, Annotated

import typer

from infra.config import load_stack
from infra.rehearsal import people
from infra.rehearsal.signing import LONGEST_TTL_SECONDS, DeveloperKey
from scripts.errors import usage
from scripts.options import JsonFlag, ProjectFolder, project_of, require_stack
from scripts.output import emit

if TYPE_CHECKING:
    from infra.project import Project

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def command(
    user: Annotated[str, typer.Option("--user", help="Whom the token speaks for.")] = "developer",
    ttl: Annotated[str, typer.Option("--ttl", help="How long it is good: 90s, 15m, 8h, 7d.")] = "1h",
    stack: Annotated[str, typer.Option("--stack", help="The stack whose app is to believe it.")] = "dev",
    *,
    jwks: Annotated[bool, typer.Option("--jwks", help="Print the public JWK set instead.")] = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Sign a token for a user of a rehearsed stack, or print the public key set."""
    found = project_of(project)
    seconds = _seconds(ttl)
    if jwks:
        emit(DeveloperKey.of(found).jwks)
        return
    token = _token(found, require_stack(found, stack), user, seconds)
    if as_json:
        emit({"token": token, "user": user, "stack": stack, "expires_in": seconds})
    else:
        typer.echo(token)


def _token(project: "Project", stack: str, user: str, seconds: int) -> str:

    config = load_stack(project, stack)
    if config.auth == "key":
        return DeveloperKey.of(project).sign(user, seconds)
    return asyncio.run(people.tokens(project, stack, config, [user]))[0]


def _seconds(text: str) -> int:

    match = re.fullmatch(r"(\d{1,9})([smhd]?)", text)
    seconds = int(match[1]) * UNITS[match[2] or "s"] if match else 0
    if not 0 < seconds <= LONGEST_TTL_SECONDS:
        usage(f"--ttl {text!r} is no duration from 1s to 30d; write it like 90s, 15m, 8h or 7d")
    return seconds


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("token")(command)
