"""`POST /api/v1/message`."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from app.auth import CurrentUser
from app.errors import error_responses
from app.messages.answer import answer_of
from app.messages.schemas import MessageRequest, MessageResponse
from app.messages.starting import start_run
from app.protocols.sse import EVENT_STREAM, STREAM_RESPONSE, event_stream, stream_seat
from app.requests import BoundedRoute
from app.services import AppServices

router = APIRouter(prefix="/api/v1", tags=["messages"], route_class=BoundedRoute)


@router.post(
    "/message",
    response_model=MessageResponse,
    responses={
        200: STREAM_RESPONSE | {"model": MessageResponse},
        **error_responses(400, 404, 409, 413, 415, 422),
    },
)
async def post_message(
    request: MessageRequest, user: CurrentUser, services: AppServices, accept: Annotated[str, Header()] = ""
) -> MessageResponse | Response:
    """Start a run and return its answer, or its events where the client accepts an event stream."""
    if EVENT_STREAM not in accept.lower():
        return await answer_of(services, await start_run(services, user, request, request.thread_id))
    with stream_seat(services, user) as seat:
        run = await start_run(services, user, request, request.thread_id)
        return event_stream(services, user, run.run_id, 0, seat=seat)
