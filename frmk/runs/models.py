"""What runs and threads are made of."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from frmk.runs.states import RunStatus, is_over


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Count what a run took from its model."""

    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class StartRun:
    """Ask for a run; without a `thread_id` it gets a thread of its own."""

    user: str
    message: str
    thread_id: str | None = None
    context: dict[str, Any] = field(default_factory=dict)
    goal: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """Hold what is known of a run at one moment."""

    run_id: str
    thread_id: str
    user: str
    goal: str
    message: str
    context: dict[str, Any]
    status: RunStatus
    created_at: datetime
    updated_at: datetime
    usage: Usage = field(default_factory=Usage)
    error: str | None = None
    last_seq: int = 0
    attempt: int = 1
    cancel_requested: bool = False

    @property
    def over(self) -> bool:
        """Say whether nothing more will happen in this run."""
        return is_over(self.status)


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """Hold one line of a thread's conversation."""

    role: Literal["user", "assistant", "tool", "system"]
    content: str
    time: datetime
    run_id: str
    agent: str | None = None
    tool: str | None = None
    tool_call_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadSummary:
    """Hold what a list of threads shows."""

    thread_id: str
    user: str
    created_at: datetime
    updated_at: datetime
    title: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread(ThreadSummary):
    """Hold a thread with its conversation, oldest line first."""

    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadPage:
    """Hold some threads, last updated first, and where the next ones begin."""

    threads: tuple[ThreadSummary, ...]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """Prove who owns a run: a later owner has a higher `attempt`."""

    user: str
    run_id: str
    owner: str
    attempt: int
    until: datetime


class RunLimits(BaseModel):
    """Bound what a user may ask for and how long things may take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message_characters: int = Field(default=32_000, ge=1)
    context_bytes: int = Field(default=262_144, ge=2)
    context_depth: int = Field(default=64, ge=1)
    runs_per_user: int = Field(default=8, ge=1)
    events_per_run: int = Field(default=20_000, ge=10)
    attempts: int = Field(default=5, ge=1, description="how often a run may lose its replica")
    coalesce_seconds: float = Field(default=0.05, ge=0.0)
    lease_seconds: float = Field(default=15.0, gt=0.0)
    run_seconds: float = Field(default=600.0, gt=0.0)
    stop_seconds: float = Field(default=5.0, gt=0.0, description="how long a cancelled executor may take")
