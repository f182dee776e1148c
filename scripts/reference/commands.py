"""The page of the command line."""

from typing import Any

import typer.main

from scripts.cli import VERBS, assemble
from scripts.reference.table import table


def commands() -> str:
    """Return the page."""
    group: Any = typer.main.get_command(assemble(tuple(VERBS)))
    verbs = dict(_named("seatrial", group))
    order = sorted(verbs, key=lambda path: list(VERBS).index(path.split()[1]))
    head = (
        "# Commands\n\n"
        "`seatrial VERB --help` prints the same. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a check "
        "said no.\n"
    )
    return head + "".join(_section(path, verbs[path]) for path in order)


def _named(path: str, group: Any) -> list[tuple[str, Any]]:
    found = []
    for name, command in group.commands.items():
        inner = f"{path} {name}"
        found.append((inner, command))
        found += _named(inner, command) if hasattr(command, "commands") else []
    return found


def _section(path: str, command: Any) -> str:
    rows = [_row(one) for one in command.params if one.name != "help" and not getattr(one, "hidden", False)]
    shown = "\n" + table(("argument or option", "default", "meaning"), rows) if rows else ""
    return f"\n## {path}\n\n{(command.help or '').strip()}\n{shown}"


def _row(parameter: Any) -> tuple[str, str, str]:
    argument = parameter.param_type_name == "argument"
    name = (
        str(parameter.name).upper() if argument else ", ".join((*parameter.opts, *parameter.secondary_opts))
    )
    empty = parameter.default in (None, False, (), [])
    default = "required" if parameter.required else "" if empty else f"`{parameter.default}`"
    return f"`{name}`", default, parameter.help or ""
