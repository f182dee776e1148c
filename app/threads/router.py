"""`/api/v1/threads`."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response, status

from app.auth import CurrentUser
from app.errors import error_responses
from app.identifiers import ClientId
from app.requests import BoundedRoute
from app.services import AppServices
from app.threads.schemas import ThreadList, ThreadView

router = APIRouter(prefix="/api/v1/threads", tags=["threads"], route_class=BoundedRoute)

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=512, description="`next_cursor` of the page before")]


@router.get("", response_model=ThreadList, response_model_exclude_unset=True, responses=error_responses(422))
async def list_threads(
    user: CurrentUser, services: AppServices, limit: Limit = 20, cursor: Cursor = None
) -> dict[str, Any]:
    """List the user's threads, last updated first."""
    view = ThreadList.of(await services.engine.threads(user, limit, cursor))
    threads = [thread.model_dump(exclude_none=True) for thread in view.threads]
    return {"threads": threads, "next_cursor": view.next_cursor}


@router.get(
    "/{id}",
    response_model_exclude_none=True,
    responses=error_responses(404, 422),
)
async def get_thread(
    thread_id: Annotated[ClientId, Path(alias="id")], user: CurrentUser, services: AppServices
) -> ThreadView:
    """Show a thread with its messages."""
    return ThreadView.whole(await services.engine.thread(user, thread_id))


@router.delete("/{id}", status_code=status.HTTP_204_NO_CONTENT, responses=error_responses(404, 422))
async def delete_thread(
    thread_id: Annotated[ClientId, Path(alias="id")], user: CurrentUser, services: AppServices
) -> Response:
    """Cancel the thread's runs and remove every trace of it."""
    await services.engine.delete_thread(user, thread_id)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
