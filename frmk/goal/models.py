"""What a goal file may say. Every key is listed here; any other one is refused."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Text = Annotated[str, Field(min_length=1, max_length=4_000)]
Message = Annotated[str, Field(min_length=1, max_length=2_000)]
Seconds = Annotated[float, Field(gt=0, le=600)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\.[a-z]+$")]


def _regex(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


Regex = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(_regex)]


class Strict(BaseModel):
    """Refuse unknown keys and keep what was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Pattern(StrEnum):
    """Name the ways in which a supervisor hands out work."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"
    BROADCAST = "broadcast"
    ROUND_ROBIN = "round_robin"
    PRIORITY = "priority"


class ToolCall(Strict):
    """Say which tool an agent calls, with which slots as its arguments."""

    tool: Name
    arguments: dict[Name, Name] = Field(default_factory=dict)
    unless: list[Name] = Field(default_factory=list)


class AgentSpec(Strict):
    """Describe one sub-agent: its tools, and the calls that it makes without asking a model."""

    name: Name
    description: Text
    capabilities: list[Text] = Field(min_length=1, max_length=20)
    prompt: FileName | None = None
    tools: list[Name] = Field(min_length=1, max_length=20)
    calls: list[ToolCall] = Field(default_factory=list, max_length=20)
    fallback: Name | None = None
    timeout_seconds: Seconds = 20.0
    writes: bool = False


class SupervisorSpec(Strict):
    """Describe the supervisor, and what it says where no model writes."""

    name: Name = "supervisor"
    description: Text = "Decides which agents work on a message and writes the answer from what they found."
    prompt: FileName
    routing_prompt: FileName | None = None
    opening: Text
    help: Text


class Slot(Strict):
    """Say how one value is read from a message; it is remembered in the thread until another one is read."""

    type: Literal["text", "integer"] = "text"
    description: Text
    table: FileName | None = None
    values: dict[str, int | str] = Field(default_factory=dict)
    patterns: list[Regex] = Field(default_factory=list, max_length=20)
    unless_after: list[str] = Field(default_factory=list, max_length=10)
    only_after: list[str] = Field(default_factory=list, max_length=10)
    default: str | int | None = None
    ask: Text | None = None


class Rule(Strict):
    """Name the agents for messages that hold one of the words, match the pattern, or set one of the slots."""

    words: list[str] = Field(default_factory=list, max_length=60)
    pattern: Regex | None = None
    slots: list[Name] = Field(default_factory=list)
    agents: list[Name] = Field(min_length=1)


class Routing(Strict):
    """Say how agents are chosen: by the rules, by the model, and which one is asked first."""

    pattern: Pattern = Pattern.PARALLEL
    decide: Literal["rules_first", "model_first", "rules_only"] = "rules_first"
    rules: list[Rule] = Field(min_length=1, max_length=50)


class ModelSpec(Strict):
    """Tame the sampling and bound what a run may spend.

    A sentence may hold a word that begins like one of the `claims` only where the facts hold one too.
    """

    temperature: float = Field(default=0.1, ge=0, le=2)
    max_tokens: int = Field(default=60, ge=1, le=4_096)
    repeat_penalty: float = Field(default=1.1, ge=0.5, le=2)
    timeout_seconds: Seconds = 20.0
    sentences: int = Field(default=2, ge=1, le=50)
    claims: list[str] = Field(default_factory=list, max_length=200)
    token_budget: int = Field(default=4_000, ge=1, le=1_000_000)


class Limits(Strict):
    """Bound times and attempts."""

    tool_timeout_seconds: Seconds = 5.0
    tool_attempts: int = Field(default=3, ge=1, le=5)
    agent_attempts: int = Field(default=2, ge=1, le=5)


class MemoryTurn(Strict):
    """Give one message of a conversation and the text that its answer must hold."""

    message: Message
    contains: list[str] = Field(min_length=1, max_length=10)


class Examples(Strict):
    """Give messages that show the goal at work; `seatrial verify` sends them."""

    verified: Message
    memory: list[MemoryTurn] = Field(default_factory=list, max_length=10)
    suggestions: list[Message] = Field(default_factory=list, max_length=10)


class Goal(Strict):
    """Hold a whole goal file; `folder` is where it lies."""

    name: Name
    description: Text
    supervisor: SupervisorSpec
    agents: list[AgentSpec] = Field(min_length=1, max_length=30)
    toolkit: list[FileName] = Field(min_length=1, max_length=20)
    slots: dict[Name, Slot] = Field(default_factory=dict)
    routing: Routing
    model: ModelSpec = ModelSpec()
    limits: Limits = Limits()
    examples: Examples

    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """Return the folder of the goal file: prompts, tools and data lie under it."""
        return self._folder

    def agent(self, name: str) -> AgentSpec:
        """Return the sub-agent of that name."""
        return next(agent for agent in self.agents if agent.name == name)

    def configuration(self) -> dict[str, Any]:
        """Return every key of the goal as plain values, for prompts."""
        return self.model_dump(mode="json")
