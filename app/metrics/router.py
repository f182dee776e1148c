"""`GET /metrics`."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.auth import current_user
from app.errors import error_responses
from app.services import AppServices

router = APIRouter(tags=["metrics"])


TEXT = {
    "description": "the metrics, in Prometheus' text form",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}


@router.get("/metrics", response_class=Response, responses={200: TEXT, **error_responses()})
async def metrics(request: Request, services: AppServices) -> Response:
    """Show the metrics; to anyone where SEATRIAL_METRICS_OPEN says so, else to signed-in users."""
    if not services.settings.telemetry.metrics_open:
        await current_user(request)
    return Response(generate_latest(services.metrics.registry), media_type=CONTENT_TYPE_LATEST)
