"""YAML that remembers on which line each key stands."""

from pathlib import Path
from typing import Any

import yaml

from frmk.errors import GoalError

MAX_BYTES = 262_144
_MAX_DEPTH = 20

Location = tuple[str | int, ...]
Lines = dict[Location, int]


def read_yaml(path: Path) -> tuple[dict[str, Any], Lines]:
    """Return the mapping in a file and the line of every key; GoalError with file and line otherwise."""
    text = _read(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise GoalError(_syntax(path, error)) from None
    except RecursionError:
        raise GoalError(f"{path}:1: nested too deeply. Allowed: {_MAX_DEPTH} levels.") from None
    if not isinstance(node, yaml.MappingNode):
        raise GoalError(f"{path}:1: the file holds no mapping. A goal file begins with 'name: ...'.")
    lines: Lines = {}
    _note(node, (), lines, path)
    return yaml.safe_load(text), lines


def _read(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise GoalError(f"{path}: the file has {size} bytes, allowed are {MAX_BYTES}.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise GoalError(f"{path}: byte {error.start} is not UTF-8. Save the file as UTF-8.") from None
    except OSError as error:
        raise GoalError(f"{path}: the goal file cannot be read: {error.strerror}.") from None


def _syntax(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "not YAML"
    line = mark.line + 1 if mark else 1
    return f"{path}:{line}: not valid YAML: {problem}."


def _note(node: yaml.Node, where: Location, lines: Lines, path: Path) -> None:
    line = node.start_mark.line + 1
    lines.setdefault(where, line)
    if len(where) > _MAX_DEPTH:
        raise GoalError(f"{path}:{line}: nested too deeply. Allowed: {_MAX_DEPTH} levels.")
    if isinstance(node, yaml.MappingNode):
        _note_keys(node, where, lines, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note(item, (*where, index), lines, path)


def _note_keys(node: yaml.MappingNode, where: Location, lines: Lines, path: Path) -> None:
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = str(key.value)
        if name in seen:
            raise GoalError(f"{path}:{line}: the key {name!r} stands there twice. Keep one of them.")
        seen.add(name)
        lines[(*where, name)] = line
        _note(value, (*where, name), lines, path)
