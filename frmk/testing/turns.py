"""One turn of an executor, without an engine."""

from contextlib import aclosing
from typing import Any
from uuid import uuid4

from frmk.events import EventDraft, EventType
from frmk.runs.executor import Executor, Turn


async def drafts_of(
    executor: Executor, message: str, *, user: str = "local", thread_id: str = "t1", attempt: int = 1
) -> list[EventDraft]:
    """Return everything that happens on a message."""
    turn = Turn(
        run_id=uuid4().hex,
        user=user,
        thread_id=thread_id,
        message=message,
        context={},
        goal=next(iter(executor.goals())),
        attempt=attempt,
    )
    async with aclosing(executor.execute(turn)) as drafts:  # type: ignore[type-var]  # an async generator
        return [draft async for draft in drafts]


def answer_of(drafts: list[EventDraft]) -> dict[str, Any]:
    """Return the data of the supervisor's last event; AssertionError where it did not complete."""
    last = drafts[-1]
    if last.type is not EventType.AGENT_COMPLETED:
        raise AssertionError(f"The run ended with {last.type}: {last.data}.")
    return last.data
