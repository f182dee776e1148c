"""What the run engine asks of whatever does the work."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Any, Protocol

from frmk.events import EventDraft


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Say what is to be done; an `attempt` above 1 resumes after a crash or a hand-over."""

    run_id: str
    user: str
    thread_id: str
    message: str
    context: dict[str, Any]
    goal: str
    attempt: int


class Executor(Protocol):
    """Do the work of a turn and say what happens meanwhile."""

    def goals(self) -> Collection[str]:
        """Name the known goals, the default one first."""
        ...

    def execute(self, turn: Turn) -> AsyncIterator[EventDraft]:
        """Yield what happens, in order.

        The first draft is the supervisor's `agent_started`, the last one its `agent_completed` or its
        `agent_failed`. A supervisor's `agent_failed` with `recovered_by` set announces another start.
        Cancelling the iteration must stop the work; raising ends the run as failed.
        """
        ...

    async def forget(self, user: str, thread_id: str) -> None:
        """Remove every checkpoint of the user's thread."""
        ...
