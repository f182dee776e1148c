"""From a goal file to a checked goal."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from frmk.errors import GoalError
from frmk.goal.models import Goal
from frmk.goal.references import check_references
from frmk.goal.yaml_lines import Lines, Location, read_yaml

FILE_NAME = "goal.yaml"
_SHOWN = 120


def load_goal(path: Path) -> Goal:
    """Read and check a goal file with its prompts, tools and tables.

    Raises GoalError with `file:line: key: value seen, what is allowed`.
    """
    data, lines = read_yaml(path)
    try:
        goal = Goal.model_validate(data)
    except ValidationError as error:
        raise GoalError(_sentence(path, lines, error.errors()[0])) from None
    goal._folder = path.parent  # noqa: SLF001 - set once here, the only place that knows it
    check_references(goal, path, lines)
    return goal


def load_goals(folder: Path) -> dict[str, Goal]:
    """Read every goal in the folders below `folder`, by name."""
    files = sorted(folder.glob(f"*/{FILE_NAME}"))
    if not files:
        raise GoalError(f"{folder}: no goal here. Expected: {folder}/<name>/{FILE_NAME}.")
    goals: dict[str, Goal] = {}
    for file in files:
        goal = load_goal(file)
        if goal.name in goals:
            raise GoalError(
                f"{file}:1: name: {goal.name!r} is taken by {goals[goal.name].folder}. Names are unique."
            )
        goals[goal.name] = goal
    return goals


def _sentence(path: Path, lines: Lines, error: ErrorDetails) -> str:
    where = tuple(part for part in error["loc"] if not str(part).startswith("["))
    key = ".".join(map(str, where))
    line = _line(lines, where)
    if error["type"] == "extra_forbidden":
        return f"{path}:{line}: {key}: unknown key. {_unknown(where)}"
    if error["type"] == "missing":
        return f"{path}:{line}: {key}: this key is missing. Allowed here: {_names(where)}."
    message = error["msg"].removeprefix("Value error, ")
    return (
        f"{path}:{line}: {key}: {_short(error['input'])} is not allowed: {message[0].lower()}{message[1:]}."
    )


def _line(lines: Lines, where: Location) -> int:
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _unknown(where: Location) -> str:
    model = _model_at(where[:-1])
    close = get_close_matches(str(where[-1]), list(model.model_fields) if model else [], n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}Allowed here: {_names(where)}."


def _names(where: Location) -> str:
    model = _model_at(where[:-1])
    return ", ".join(sorted(model.model_fields)) if model else "nothing"


def _model_at(where: Location) -> type[BaseModel] | None:
    model: type[BaseModel] = Goal
    for part in where:
        if isinstance(part, int) or part not in model.model_fields:
            continue
        found = _inner(model.model_fields[part].annotation)
        if found is None:
            return None
        model = found
    return model


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner(argument)
        if found is not None:
            return found
    return None
