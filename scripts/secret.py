"""`seatrial secret`: values that no program, state or stack file holds."""

import re
import sys
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.config import load_stack
from infra.release.engine import Engine
from infra.twin.client import TwinUnreachableError
from infra.vault import place
from infra.vault.client import KnownSecret, VaultClient, VaultError
from scripts.errors import CommandError, usage
from scripts.options import JsonFlag, ProjectFolder, project_of, require_stack
from scripts.output import emit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.project import Project

group = typer.Typer(help="Set and list the secrets of a stack.", no_args_is_help=True, rich_markup_mode=None)
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")

Name = Annotated[str, typer.Argument(help="The secret's name in the vault.")]
Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack: stacks/Pulumi.STACK.yaml.")]
Azure = Annotated[
    bool, typer.Option("--azure", help="The stack's vault in Azure, not the one on its running twin.")
]


@group.callback()
def verbs() -> None:
    """Set and list the secrets of a stack."""


@group.command("set")
def set_(
    name: Name,
    value: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    stack: Stack = "dev",
    file: Annotated[
        Path | None, typer.Option("--from-file", help="The file that holds the value; without it, stdin.")
    ] = None,
    *,
    azure: Azure = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Set a secret from a file or stdin; one line break at the end is no part of it. A new value replaces."""
    checked = _checked(name)
    if value:
        usage(
            "a value on the command line is seen by everyone here and kept in the shell's history",
            f"Give it by --from-file FILE, or on stdin: seatrial secret set {checked} < FILE",
        )
    text = _value(file)
    where, version = _set(project_of(project), stack, checked, text, azure=azure)
    if as_json:
        emit({"stack": stack, "vault": where, "name": checked, "version": version})
    else:
        typer.echo(f"set {checked} (version {version}) in {where}")


@group.command("list")
def list_(
    stack: Stack = "dev",
    *,
    azure: Azure = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """List the names in the vault, and those that the stack refers to and nobody set; exit 3 for these."""
    found = project_of(project)
    with _opened(found, stack, azure=azure) as (where, vault):
        known = vault.list()
    held = {one.name.lower() for one in known if one.enabled}
    missing = [name for name in load_stack(found, stack).secrets_in_vault if name.lower() not in held]
    if as_json:
        shown = [{"name": one.name, "enabled": one.enabled, "updated": one.updated} for one in known]
        emit({"stack": stack, "vault": where, "secrets": shown, "missing": missing})
    else:
        for line in _lines(known, missing, where):
            typer.echo(line)
    raise typer.Exit(3 if missing else 0)


@group.command("delete")
def delete(
    name: Name,
    stack: Stack = "dev",
    *,
    azure: Azure = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Delete a secret; it can be recovered for 90 days, and its name is held as long."""
    checked = _checked(name)
    with _opened(project_of(project), stack, azure=azure) as (where, vault):
        vault.delete(checked)
    _said("deleted", checked, where, stack, as_json=as_json)


@group.command("recover")
def recover(
    name: Name,
    stack: Stack = "dev",
    *,
    azure: Azure = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Take the deletion of a secret back."""
    checked = _checked(name)
    with _opened(project_of(project), stack, azure=azure) as (where, vault):
        vault.recover(checked)
    _said("recovered", checked, where, stack, as_json=as_json)


def _set(project: "Project", stack: str, name: str, value: str, *, azure: bool) -> tuple[str, str]:
    """Return where a value was put, and its version; without a twin it waits for the next one."""
    try:
        with _opened(project, stack, azure=azure) as (where, vault):
            return where, vault.set(name, value)
    except TwinUnreachableError:
        version = place.for_next_twin(project.state(stack), name, value)
        return f"{stack}'s next twin, for none runs (--azure means the vault in Azure)", version


def _said(done: str, name: str, where: str, stack: str, *, as_json: bool) -> None:
    if as_json:
        emit({"stack": stack, "vault": where, "name": name, done: True})
    else:
        typer.echo(f"{done} {name} in {where}")


def _lines(known: tuple[KnownSecret, ...], missing: list[str], where: str) -> list[str]:
    lines = [f"{len(known)} secrets in {where}"]
    lines += [
        f"  {one.name}  set {one.updated:%Y-%m-%d %H:%M} UTC{'' if one.enabled else ', disabled'}"
        for one in known
    ]
    return lines + [f"  {name}  not set: seatrial secret set {name}" for name in missing]


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        # Never in full: what follows a sign that no name has may be the value.
        start = re.split(r"[^0-9a-zA-Z-]", name, maxsplit=1)[0][:20]
        usage(f"{start!r}... is no name of a secret", "A name has 1 to 127 letters, digits and hyphens.")
    return name


def _value(file: Path | None) -> str:
    raw = file.read_bytes() if file is not None else _typed()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        usage("the value is not UTF-8 text", "Encode binary values, for instance with base64.")
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        usage("the value is empty; nothing was set")
    return text


def _typed() -> bytes:
    if sys.stdin.isatty():
        return getpass("value (not shown): ").encode()
    return sys.stdin.buffer.read()


@contextmanager
def _opened(project: "Project", stack: str, *, azure: bool) -> "Iterator[tuple[str, VaultClient]]":
    require_stack(project, stack)
    try:
        where, client = (
            place.in_azure(Engine(project), stack) if azure else place.in_twin(project.state(stack), stack)
        )
        with client:
            yield where, client
    except VaultError as error:
        raise CommandError(str(error), error.hint) from error


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.add_typer(group, name="secret")
