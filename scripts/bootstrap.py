"""`seatrial bootstrap`: state, key and identities for a repository; no credential is stored anywhere."""

import json
import subprocess
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from infra.bootstrap.account import commands, variables
from infra.bootstrap.config import BootstrapConfig
from infra.bootstrap.deployment import Deployment, available
from infra.bootstrap.rehearsal import Rehearsed, rehearse
from infra.bootstrap.subjects import RepositoryError, prefix_of, repository
from scripts.errors import usage
from scripts.options import JsonFlag, ProjectFolder, project_of
from scripts.output import emit, note, result

Text = str | None


def command(
    named: Annotated[str, typer.Option("--repository", help="OWNER/NAME on GitHub.")],
    stack: Annotated[
        list[str] | None, typer.Option("--stack", "-s", help="An environment that deploys; may be repeated.")
    ] = None,
    location: Annotated[str, typer.Option("--location", help="Region of state and key.")] = "eastus",
    operator: Annotated[
        Text, typer.Option("--operator", help="Object id of a person who works with the state, too.")
    ] = None,
    subject_prefix: Annotated[
        Text,
        typer.Option("--subject-prefix", help="What the repository's tokens name it; asked of `gh` else."),
    ] = None,
    *,
    rehearse_only: Annotated[bool, typer.Option("--rehearse", help="Stay on the twin.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Show what Azure would make.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before making it.")] = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Make what deployments of a repository need, once, as an Owner: rehearsed first, then by Pulumi."""
    found = project_of(project)
    stacks = tuple(stack or found.stack_names())
    prefix = subject_prefix or prefix_of(_checked(named), _customisation(named))
    config = _config(named, location, stacks, prefix, operator)
    note("rehearsing on the twin")
    rehearsed = rehearse(found, config, note)
    outputs: dict[str, str] | None = None
    reason = _stays(rehearse_only=rehearse_only)
    if reason is None:
        deployment = Deployment(project=found, config=config, yes=yes)
        if preview:
            deployment.preview()
            reason = "a preview makes nothing"
        else:
            outputs = deployment.up()
    document = _document(config, rehearsed, outputs, reason)
    emit(document) if as_json else _show(document)


def _stays(*, rehearse_only: bool) -> str | None:
    if rehearse_only:
        return "asked to stay on the twin"
    return None if available() else "no `pulumi` command: rehearsed only"


def _checked(named: str) -> str:
    try:
        return repository(named)
    except RepositoryError as error:
        usage(str(error))


def _config(
    named: str, location: str, stacks: tuple[str, ...], prefix: str, operator: str | None
) -> BootstrapConfig:
    try:
        return BootstrapConfig(
            repository=named,
            location=location,
            environments=stacks,
            subjectPrefix=prefix,
            operator=operator,
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        usage(f"{where} {first['input']!r} is refused: {first['msg'].removeprefix('Value error, ')}")


def _customisation(named: str) -> dict[str, Any] | None:
    """Return how GitHub names the repository in its tokens, or None where `gh` cannot tell."""
    asked = ("gh", "api", f"repos/{named}/actions/oidc/customization/sub")
    try:
        ended = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
        told = json.loads(ended.stdout) if ended.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, ValueError):
        told = None
    if not isinstance(told, dict):
        note(
            "`gh` did not say how tokens name the repository: names are taken. One made since July 2026 has "
            "numbers in it; give them as --subject-prefix repo:OWNER@ID/NAME@ID"
        )
        return None
    if told.get("use_default") is False:
        usage(
            f"{named} has token subjects of its own form: {told.get('include_claim_keys')}",
            "set them back to the default, or name what they begin with as --subject-prefix",
        )
    return told


def _document(
    config: BootstrapConfig, rehearsed: Rehearsed, outputs: dict[str, str] | None, reason: str | None
) -> dict[str, Any]:
    found = variables(outputs)
    return {
        "ok": True,
        "repository": config.repository,
        "deployed": outputs is not None,
        "reason": reason,
        "rehearsed": [{key: one[key] for key in ("type", "name", "id")} for one in rehearsed.resources],
        "subject_prefix": config.prefix,
        "variables": found,
        "commands": commands(config.repository, config.environments, found),
    }


def _show(document: dict[str, Any]) -> None:
    console = result()
    console.print(f"{len(document['rehearsed'])} resources rehearsed for {document['repository']}")
    if document["reason"]:
        console.print(f"Nothing was made in Azure: {document['reason']}.", soft_wrap=True)
    console.print("\nThen:")
    for line in document["commands"]:
        console.print(f"  {line}", soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("bootstrap")(command)
