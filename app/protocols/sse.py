"""Server-sent events: a run as `id`, `event` and `data` lines."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Annotated, Any

from fastapi import Header, Query
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.errors import FieldProblem, InvalidRequestError
from app.protocols.census import Seat, seat_of
from app.protocols.following import following
from app.services import Services
from frmk.events import Event

EVENT_STREAM = "text/event-stream"
HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
STREAM_RESPONSE: dict[str, Any] = {
    "description": "the run's events, one JSON object in each `data` line",
    "content": {EVENT_STREAM: {"schema": {"type": "string"}}},
}
MAX_SEQ = 2**53 - 1
MAX_DIGITS = len(str(MAX_SEQ))

After = Annotated[
    int | None, Query(ge=0, le=MAX_SEQ, description="events with a greater number; wins over the header")
]
LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", description="the last number that the client saw")
]


def starting_point(after: int | None, last_event_id: str | None) -> int:
    """Return the number after which the client wants events."""
    if after is not None:
        return after
    if not last_event_id:
        return 0
    number = last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) <= MAX_DIGITS
    if not (number and int(last_event_id) <= MAX_SEQ):
        problem = f"it is {last_event_id[:40]!r}; allowed is a whole number of 0 or more"
        raise InvalidRequestError([FieldProblem(field="Last-Event-ID", message=problem)])
    return int(last_event_id)


def frame(event: Event) -> str:
    """Return an event as it stands in the stream; JSON keeps it on one line."""
    return f"id: {event.seq}\nevent: {event.type.value}\ndata: {event.line}\n\n"


class _SeatedResponse(StreamingResponse):
    """Give the user's seat back when the answer ends, also where it never began."""

    def __init__(self, frames: AsyncIterator[str], seat: Seat) -> None:
        super().__init__(frames, media_type=EVENT_STREAM, headers=HEADERS)
        self._seat = seat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._seat.give_back()


def stream_seat(services: Services, user: str) -> AbstractContextManager[Seat]:
    """Take one of the user's places for `event_stream`; raise TooManyRequestsError where all are taken."""
    return seat_of(services.streams, user, services.settings.limits.streams_per_user)


def event_stream(services: Services, user: str, run_id: str, after: int, *, seat: Seat) -> StreamingResponse:
    """Answer with the run's events after a number, then live ones, until the final one."""
    return _SeatedResponse(_frames(services, user, run_id, after), seat)


async def _frames(services: Services, user: str, run_id: str, after: int) -> AsyncIterator[str]:
    async with following(services, user, run_id, after) as tail:
        async for batch in tail.batches():
            yield "".join(map(frame, batch)) if batch else ": still here\n\n"
