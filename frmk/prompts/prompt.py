"""One prompt: its parts, and how they are filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from frmk.errors import GoalError

Role = Literal["system", "user", "assistant"]
_PLACE = re.compile(r"\{\{\s*([A-Za-z0-9_.]+)\s*\}\}")
_HEADING = re.compile(r"^# (system|user|example|answer)\s*$", re.MULTILINE)
_ROLES: dict[str, Role] = {"system": "system", "user": "user", "example": "user", "answer": "assistant"}
VARIABLES = frozenset({"message", "facts", "hints", "agents", "slots", "history", "agent"})


@dataclass(frozen=True)
class PromptMessage:
    """Carry one message for a model."""

    role: Role
    content: str


@dataclass(frozen=True)
class Prompt:
    """Hold the parts of a prompt in order; `version` is a digest of its text."""

    name: str
    version: str
    parts: tuple[PromptMessage, ...]

    def render(self, configuration: Mapping[str, Any], variables: Mapping[str, Any]) -> list[PromptMessage]:
        """Fill in `{{ goal.… }}` from the whole goal and the rest from the variables."""
        values = {**variables, "goal": configuration}
        return [PromptMessage(part.role, _fill(part.content, values, self.name)) for part in self.parts]


def parse_prompt(name: str, text: str, configuration: Mapping[str, Any]) -> Prompt:
    """Split a prompt file at its headings; GoalError for a place that nothing fills."""
    pieces = _HEADING.split(text)
    if pieces[0].strip() or len(pieces) < 3:  # noqa: PLR2004 - text before, heading, text after
        raise GoalError(f"{name}: a prompt begins with '# system', '# user', '# example' or '# answer'.")
    parts = tuple(
        PromptMessage(_ROLES[heading], body.strip())
        for heading, body in zip(pieces[1::2], pieces[2::2], strict=True)
    )
    if parts[-1].role != "user":
        raise GoalError(f"{name}: the last part is {parts[-1].role!r}. Allowed: '# user'.")
    for place in _PLACE.findall(text):
        _check_place(name, place, configuration)
    return Prompt(name=name, version=sha256(text.encode()).hexdigest()[:12], parts=parts)


def _check_place(name: str, place: str, configuration: Mapping[str, Any]) -> None:
    head = place.split(".", maxsplit=1)[0]
    if head == "goal":
        _look_up(place, {"goal": configuration}, name)
    elif head not in VARIABLES:
        allowed = ", ".join(sorted({*VARIABLES, "goal.<key>"}))
        raise GoalError(f"{name}: nothing fills {{{{ {place} }}}}. Allowed: {allowed}.")


def _fill(text: str, values: Mapping[str, Any], name: str) -> str:
    return _PLACE.sub(lambda place: _written(_value(place[1], values, name)), text)


def _value(place: str, values: Mapping[str, Any], name: str) -> Any:
    """Look a place up; a turn may not know a value, the goal knows all of its own."""
    try:
        return _look_up(place, values, name)
    except GoalError:
        if place.startswith("goal."):
            raise
        return ""


def _look_up(place: str, values: Mapping[str, Any], name: str) -> Any:
    value: Any = values
    for part in place.split("."):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            known = ", ".join(sorted(value)) if isinstance(value, Mapping) else type(value).__name__
            raise GoalError(f"{name}: {{{{ {place} }}}}: there is no {part!r}. Known here: {known}.")
    return value


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_written(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_written(item)}" for key, item in value.items() if item is not None)
    return "" if value is None else str(value)
