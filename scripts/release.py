"""What `promote` and `rollback` share: tokens for the proof, the run itself, where its results go."""

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.config import load_stack
from infra.rehearsal.people import DEVELOPER, SECOND_USER
from infra.rehearsal.signing import DeveloperKey
from infra.release.promotion import promote
from infra.release.stack_copy import with_key
from infra.release.summary import promotion_summary
from infra.verify.golden import verify
from infra.verify.suite import suite_of_goal
from scripts.errors import usage
from scripts.output import emit, note

if TYPE_CHECKING:
    from typing import Any

    from infra.project import Project
    from infra.release.engine import Engine
    from infra.release.model import PromotionReport
    from infra.release.promotion import Order
    from infra.verify.report import VerifyReport

Tokens = Annotated[
    list[str] | None,
    typer.Option("--token", help="A user's token for the proof; without it, this identity's own."),
]
OutputsFile = Annotated[
    Path | None,
    typer.Option("--outputs", envvar="GITHUB_OUTPUT", help="Append digest=, image= and url= to this file."),
]
SummaryFile = Annotated[
    Path | None,
    typer.Option("--summary", envvar="GITHUB_STEP_SUMMARY", help="Append the report to this file."),
]


def digest_of(text: str, option: str = "--digest") -> str:
    """Return a digest as it was typed; refuse anything else."""
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        usage(f"{option} {text!r} is no digest; write sha256: and 64 hex digits")
    return text


def own_key(project: "Project", stack: str) -> "dict[str, Any]":
    """Return the override by which a stack with `auth: key` believes this checkout's key too."""
    if load_stack(project, stack).auth != "key":
        return {}
    return with_key(project, stack, DeveloperKey.of(project).jwks)


def carry_out(
    engine: "Engine",
    order: "Order",
    given: list[str] | None,
    *,
    outputs: Path | None,
    summary: Path | None,
    as_json: bool,
) -> None:
    """Deploy, prove, report, and end with the exit code that says how it went."""
    config = load_stack(engine.project, order.stack)
    tokens = given or _tokens(engine.project, order.stack)
    suite = suite_of_goal(engine.project.goals / config.goal)

    def prove(url: str) -> "VerifyReport":
        note(f"verifying {url}")
        return asyncio.run(verify(url, tokens, suite))

    report = promote(engine, order, prove)
    _leave(report, outputs, summary)
    emit(report.model_dump(mode="json")) if as_json else _show(report)
    raise typer.Exit(report.exit_code)


def _tokens(project: "Project", stack: str) -> list[str]:
    """Return the tokens to prove with, asked for before the update: a federated login is short-lived."""
    config = load_stack(project, stack)
    if config.entra is None:
        key = DeveloperKey.of(project)
        return [key.sign(DEVELOPER), key.sign(SECOND_USER)]
    from infra.release.signed_in import token_for  # noqa: PLC0415 - 0.7 s that only Entra ID needs

    return [token_for(config.entra.audience)]


def _leave(report: "PromotionReport", outputs: Path | None, summary: Path | None) -> None:
    if summary is not None:
        _append(summary, promotion_summary(report))
    if outputs is not None:
        told = {"digest": report.digest, "image": report.image, "url": report.url}
        _append(outputs, "".join(f"{name}={value}\n" for name, value in told.items() if value))


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def _show(report: "PromotionReport") -> None:
    checks = report.verify.checks if report.verify else ()
    said_yes = f"{sum(check.ok for check in checks)} of {len(checks)} checks say yes"
    typer.echo(f"{report.stack}: {report.action}; {report.digest or 'no image'}")
    typer.echo(
        f"before: {report.previous or 'nothing'}; {said_yes if checks else 'not verified'}; {report.url}"
    )
    for message in report.messages:
        typer.echo(f"- {message}")
