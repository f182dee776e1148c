"""The one place where a transport starts a run."""

from app.errors import UnavailableError
from app.messages.schemas import RunRequest
from app.services import Services
from frmk.runs.models import Run


async def start_run(services: Services, user: str, request: RunRequest, thread_id: str | None) -> Run:
    """Start a run for this user; the engine refuses values out of bounds by their field."""
    if services.departure.announced:
        raise UnavailableError("This replica is stopping: send the message again, another one takes it.")
    return await services.engine.start(request.to_start(user, thread_id))
