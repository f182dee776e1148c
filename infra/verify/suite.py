"""What to ask an app: the bundled goal's own examples, or a user's suite file."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError


class SuiteError(Exception):
    """Say what is wrong with a suite, where, and what is allowed."""


class Strict(BaseModel):
    """Refuse keys that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MemoryTurn(Strict):
    """Give one message of a conversation and what its answer must hold, also from earlier messages."""

    message: str
    contains: tuple[str, ...] = ()


class Question(Strict):
    """Ask one thing of the user's own and say what must come of it."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")
    message: str
    contains: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()


class Suite(Strict):
    """Hold the golden path's messages for one goal, and questions of the user's own."""

    goal: str | None = None
    verified: str
    memory: tuple[MemoryTurn, ...] = ()
    min_sub_agents: int = Field(default=2, ge=0)
    questions: tuple[Question, ...] = ()

    @property
    def varied(self) -> bool:
        """Say whether there is more than one message, so that tools can be seen with two inputs."""
        return bool(self.memory or self.questions)


def suite_of_goal(folder: Path) -> Suite:
    """Return the suite that a goal's own examples make; raise SuiteError when it has none."""
    path = folder / "goal.yaml"
    examples = _mapping(path).get("examples")
    if not isinstance(examples, dict) or "verified" not in examples:
        raise SuiteError(f"{path}: examples.verified is missing: a message that shows all five events")
    body = {"goal": folder.name, "verified": examples["verified"], "memory": examples.get("memory") or ()}
    return _suite(path, body)


def load_suite(path: Path) -> Suite:
    """Return the suite in a file; raise SuiteError naming the key, the value seen and what is legal."""
    return _suite(path, _mapping(path))


def _mapping(path: Path) -> dict[str, Any]:
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SuiteError(f"{path} cannot be read: {error.strerror}; name an existing suite file") from error
    except yaml.YAMLError as error:
        raise SuiteError(f"{path} is not YAML: {error}") from error
    if not isinstance(body, dict):
        raise SuiteError(
            f"{path} holds {type(body).__name__}, and a suite is a mapping with the key `verified`"
        )
    return body


def _suite(path: Path, body: dict[str, Any]) -> Suite:
    try:
        return Suite.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        seen = repr(first["input"])[:80]
        raise SuiteError(f"{path}: {key}: {first['msg']} (seen: {seen})") from error
