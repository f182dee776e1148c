"""`/api/v1/runs` and the background runs of a thread."""

from typing import Annotated

from fastapi import APIRouter, Path, Response, status

from app.auth import CurrentUser
from app.errors import RunNotWaitingError, error_responses
from app.identifiers import ClientId
from app.messages.schemas import RunRequest
from app.messages.starting import start_run
from app.protocols.sse import STREAM_RESPONSE, After, LastEventId, event_stream, starting_point, stream_seat
from app.requests import BoundedRoute
from app.runs.schemas import ResumeRequest, RunAccepted, RunView
from app.services import AppServices
from frmk.errors import RunOverError

router = APIRouter(prefix="/api/v1", tags=["runs"], route_class=BoundedRoute)


@router.post(
    "/threads/{id}/runs",
    status_code=status.HTTP_202_ACCEPTED,
    responses=error_responses(400, 409, 413, 415, 422),
)
async def start_background_run(
    thread_id: Annotated[ClientId, Path(alias="id")],
    request: RunRequest,
    user: CurrentUser,
    services: AppServices,
) -> RunAccepted:
    """Start a run on a thread and return at once."""
    run = await start_run(services, user, request, thread_id)
    return RunAccepted(run_id=run.run_id, thread_id=run.thread_id, status=run.status)


@router.get(
    "/runs/{id}",
    response_model_exclude_none=True,
    responses=error_responses(404, 422),
)
async def get_run(
    run_id: Annotated[str, Path(alias="id")], user: CurrentUser, services: AppServices
) -> RunView:
    """Show where a run stands."""
    return RunView.of(await services.engine.run(user, run_id))


@router.get(
    "/runs/{id}/events",
    response_class=Response,
    responses={
        200: STREAM_RESPONSE,
        204: {"description": "the run is over and nothing is left"},
        **error_responses(404, 422),
    },
)
async def get_run_events(
    run_id: Annotated[str, Path(alias="id")],
    user: CurrentUser,
    services: AppServices,
    after: After = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Stream a run's events after a number, then live ones, until the final one."""
    start = starting_point(after, last_event_id)
    run = await services.engine.run(user, run_id)
    if run.over and start >= run.last_seq:
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    with stream_seat(services, user) as seat:
        return event_stream(services, user, run_id, start, seat=seat)


@router.post(
    "/runs/{id}/cancel",
    status_code=status.HTTP_202_ACCEPTED,
    response_model_exclude_none=True,
    responses=error_responses(404, 409, 422),
)
async def cancel_run(
    run_id: Annotated[str, Path(alias="id")], user: CurrentUser, services: AppServices
) -> RunView:
    """Ask a run to stop; 409 where it is over."""
    return RunView.of(await services.engine.cancel(user, run_id))


@router.post(
    "/runs/{id}/resume",
    status_code=status.HTTP_202_ACCEPTED,
    response_model_exclude_none=True,
    responses=error_responses(400, 404, 409, 413, 415, 422),
)
async def resume_run(
    run_id: Annotated[str, Path(alias="id")],
    request: ResumeRequest,  # noqa: ARG001  # read as soon as a run can wait; until then it is checked alone
    user: CurrentUser,
    services: AppServices,
) -> RunView:
    """Answer a run that waits for a person; 409 where it is over or does not wait."""
    run = await services.engine.run(user, run_id)
    if run.over:
        raise RunOverError(run_id, run.status)
    raise RunNotWaitingError(run_id, run.status)
