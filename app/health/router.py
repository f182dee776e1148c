"""`/health` and the three probes."""

from time import time
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from app.health.readiness import CheckResult
from app.services import AppServices

router = APIRouter(prefix="/health", tags=["health"])


class Health(BaseModel):
    """Say how the app is and which one it is."""

    status: Literal["healthy", "degraded"]
    service: str
    version: str
    timestamp: float


class Probe(BaseModel):
    """Answer a probe."""

    status: Literal["healthy", "unhealthy"]
    checks: dict[str, CheckResult]


UNHEALTHY: dict[int | str, dict[str, Any]] = {
    503: {"model": Probe, "description": "at least one check is unhealthy"}
}


@router.get("")
async def health(services: AppServices) -> Health:
    """Say how the app is; `degraded` where a dependency does not answer."""
    found = await services.readiness.results()
    well = all(result.status == "healthy" for result in found.values())
    server = services.settings.server
    return Health(
        status="healthy" if well else "degraded",
        service=server.service,
        version=server.version,
        timestamp=time(),
    )


@router.get("/live", response_model_exclude_none=True, responses=UNHEALTHY)
async def live() -> Probe:
    """Say that the process serves requests; nothing outside of it is asked."""
    return Probe(status="healthy", checks={"process": CheckResult(status="healthy", seconds=0.0)})


@router.get("/startup", response_model_exclude_none=True, responses=UNHEALTHY)
async def startup() -> Probe:
    """Say that the app has started: it answers only once everything is open."""
    return Probe(status="healthy", checks={"startup": CheckResult(status="healthy", seconds=0.0)})


@router.get("/ready", response_model_exclude_none=True, responses=UNHEALTHY)
async def ready(services: AppServices, response: Response) -> Probe:
    """Say whether the store and the model can be reached, and no departure is under way."""
    checks = dict(await services.readiness.results())
    if services.departure.announced:
        checks["server"] = CheckResult(status="unhealthy", detail="this replica is stopping", seconds=0.0)
    well = all(result.status == "healthy" for result in checks.values())
    response.status_code = 200 if well else 503
    return Probe(status="healthy" if well else "unhealthy", checks=checks)
