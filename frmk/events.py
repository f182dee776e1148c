"""What happens in a run, in the words that every transport and client uses."""

from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field


class EventType(StrEnum):
    """Name the kinds of event a client may see."""

    AGENT_STARTED = "agent_started"
    AGENT_THINKING = "agent_thinking"
    TOOL_EXECUTING = "tool_executing"
    TOOL_COMPLETED = "tool_completed"
    AGENT_COMPLETED = "agent_completed"
    AGENT_FAILED = "agent_failed"
    APPROVAL_REQUESTED = "approval_requested"


class EventDraft(BaseModel):
    """Carry one happening from the graph to the run, before it has a number and a time."""

    model_config = ConfigDict(frozen=True)

    type: EventType
    agent: str
    data: dict[str, Any] = Field(default_factory=dict)


class Event(BaseModel):
    """Carry one numbered happening of a run; `seq` starts at 1 and has no holes."""

    model_config = ConfigDict(frozen=True)

    type: EventType
    run_id: str
    thread_id: str
    seq: int = Field(ge=1)
    time: datetime
    agent: str
    data: dict[str, Any] = Field(default_factory=dict)
    final: bool = False

    def wire(self) -> dict[str, Any]:
        """Return the event as clients read it: RFC 3339 time, `final` only where it is true."""
        body = self.model_dump(mode="json")
        if not self.final:
            del body["final"]
        return body

    @cached_property
    def line(self) -> str:
        """Serialise the event once: the line of JSON that stores keep and clients read."""
        return self.model_dump_json(exclude=None if self.final else {"final"})

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Return the event of a line; the line itself is kept, not written again."""
        event = cls.model_validate_json(line)
        event.__dict__["line"] = line
        return event
