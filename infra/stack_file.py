"""A stack file as it lies on disk: its values, and on which line each stands."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from infra.project import Project

Keys = tuple[str | int, ...]


class StackFileError(Exception):
    """Say which key of which line is wrong, the value seen and what is legal."""

    code = "ST014"

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


@dataclass(frozen=True)
class StackFile:
    """Hold the `config` mapping of one file and the line of every key."""

    path: Path
    root: Path
    config: dict[str, Any]
    lines: dict[Keys, int] = field(default_factory=dict)

    @classmethod
    def read(cls, project: Project, stack: str) -> "StackFile":
        """Read a stack's file; StackFileError when it is absent, no YAML or no mapping."""
        path = project.stack_file(stack)
        place = path.relative_to(project.root).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            data = yaml.safe_load(text)
        except FileNotFoundError:
            known = ", ".join(project.stack_names()) or "none"
            raise StackFileError(place, f"there is no stack {stack!r}; stacks here: {known}") from None
        except (yaml.MarkedYAMLError, UnicodeDecodeError, ValueError) as error:
            raise StackFileError(*_unreadable(place, error)) from None
        if not isinstance(data, dict) or not isinstance(data.get("config"), dict):
            raise StackFileError(
                f"{place}:1", "holds no mapping 'config'; a stack file is 'config:' and its keys"
            )
        return cls(path, project.root, data["config"], dict(_lines(_child(node, "config"), ())))

    @property
    def name(self) -> str:
        """Return the file's path from the project's root."""
        return self.path.relative_to(self.root).as_posix()

    def values(self, namespace: str) -> dict[str, Any]:
        """Return a copy of the values of one namespace, without its prefix."""
        prefix = f"{namespace}:"
        own = {str(key): value for key, value in self.config.items() if str(key).startswith(prefix)}
        return {key.removeprefix(prefix): deepcopy(value) for key, value in own.items()}

    def refuse(self, keys: Keys, seen: object, reason: str, given: Iterable[str] = ()) -> StackFileError:
        """Return the error for a key; the line is that of the nearest key that the file has.

        Where the key was `given` beside the file, dotted and without a namespace, that is its place.
        """
        known = keys
        while known and known not in self.lines:
            known = known[:-1]
        line = self.lines.get(known, 1)
        dotted = ".".join(str(key) for key in keys)
        shown = "" if seen is None or isinstance(seen, dict) else f" {seen!r:.80}"
        bare = dotted.partition(":")[2]
        beside = next((one for one in given if f"{bare}.".startswith(f"{one}.")), None)
        place = f"{self.name}:{line}" if beside is None else f"setting {beside} of {self.name}"
        return StackFileError(place, f"{dotted}{shown} {reason}")


def _unreadable(place: str, error: Exception) -> tuple[str, str]:
    mark = getattr(error, "problem_mark", None)
    where = f"{place}:{mark.line + 1}" if mark else place
    return where, f"is not readable YAML: {getattr(error, 'problem', None) or error}"


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _lines(node: yaml.Node | None, above: Keys) -> Iterator[tuple[Keys, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*above, key.value), key.start_mark.line + 1
            yield from _lines(value, (*above, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*above, index), value.start_mark.line + 1
            yield from _lines(value, (*above, index))
