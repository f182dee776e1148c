"""A run's last event, told as the answer to a message."""

from typing import Any

from app.errors import ApiError, RunCancelledError, RunFailedError, UnavailableError
from app.messages.schemas import MessageResponse
from app.protocols.following import following
from app.services import Services
from frmk.events import Event, EventType
from frmk.runs.models import Run

LINGER = 0.5  # of the time of grace: what is left is for handing over


async def answer_of(services: Services, run: Run) -> MessageResponse:
    """Wait for the run's last event and return it as an answer, or raise what it says went wrong."""
    about = {"run_id": run.run_id, "thread_id": run.thread_id}
    last = await _last_event(services, run)
    if last is None:
        raise UnavailableError(
            f"This replica is stopping before run {run.run_id!r} has its answer: another one carries it on. "
            f"GET /api/v1/runs/{run.run_id}/events shows it.",
            about=about,
        )
    if last.type is EventType.AGENT_FAILED:
        raise _failure(last.data, about)
    return MessageResponse(
        message=str(last.data.get("message") or last.data.get("question") or ""),
        context=_context(last),
        completed=last.type is EventType.AGENT_COMPLETED and bool(last.data.get("completed", True)),
        **about,
    )


async def _last_event(services: Services, run: Run) -> Event | None:
    grace = services.settings.server.grace_seconds
    last = None
    async with following(services, run.user, run.run_id, 0, linger=grace * LINGER) as tail:
        async for batch in tail.batches():
            last = batch[-1] if batch else last
    return last if last is not None and last.final else None


def _failure(data: dict[str, Any], about: dict[str, str]) -> ApiError:
    if data.get("error") == "Cancelled":
        return RunCancelledError(
            f"Run {about['run_id']!r} was cancelled before it had an answer.", about=about
        )
    return RunFailedError(str(data.get("error")), str(data.get("detail")), about)


def _context(event: Event) -> dict[str, Any]:
    context = dict(event.data.get("context") or {})
    if missing := event.data.get("missing"):
        context.setdefault("missing", missing)
    if event.type is EventType.APPROVAL_REQUESTED:
        context.setdefault("missing", [f"An answer is needed: {event.data.get('question')}"])
    return context
