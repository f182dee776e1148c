"""What a client sends to start a run, and what it gets back."""

from typing import Any

from pydantic import BaseModel, Field

from app.identifiers import ClientId
from frmk.runs.models import StartRun


class RunRequest(BaseModel):
    """Ask for a run on a thread that the address names."""

    message: str = Field(min_length=1, examples=["Plan three days in Lisbon for 900 EUR."])
    user_id: str | None = Field(default=None, description="counts in mode `open` alone")
    context: dict[str, Any] = Field(default_factory=dict)
    goal: str | None = Field(default=None, description="the name of a goal that this app serves")

    def to_start(self, user: str, thread_id: str | None) -> StartRun:
        """Return the engine's form of this request."""
        return StartRun(
            user=user, message=self.message, thread_id=thread_id, context=self.context, goal=self.goal
        )


class MessageRequest(RunRequest):
    """Ask for a run and its answer; a new `thread_id` makes that thread."""

    thread_id: ClientId | None = None


class MessageResponse(BaseModel):
    """Answer a message."""

    message: str
    thread_id: str
    context: dict[str, Any]
    completed: bool = Field(description="false when only part could be done; `context` says what is missing")
    run_id: str
