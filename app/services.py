"""What the lifespan opens and every request uses."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypedDict, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from app.settings import Settings

if TYPE_CHECKING:
    from app.agents.roster import Roster
    from app.auth import Authenticator
    from app.departure import Departure
    from app.health.readiness import Readiness
    from app.metrics.registry import Metrics
    from app.protocols.census import Census
    from app.rates import Limiter
    from app.tickets.secrets import SecretBook
    from frmk.runs.engine import RunEngine


@dataclass(frozen=True, kw_only=True)
class Services:
    """Hold everything that lives as long as the server."""

    settings: Settings
    engine: "RunEngine"
    authenticator: "Authenticator"
    secrets: "SecretBook"
    limiter: "Limiter"
    metrics: "Metrics"
    readiness: "Readiness"
    departure: "Departure"
    roster: "Roster"
    sockets: "Census"
    streams: "Census"


class State(TypedDict):
    """Type what the lifespan yields to requests."""

    services: Services


def services_of(connection: HTTPConnection) -> Services:
    """Return the services of the running app."""
    return cast("Services", connection.state.services)


async def _services(connection: HTTPConnection) -> Services:
    # FastAPI would run a plain function in a thread.
    return services_of(connection)


AppServices = Annotated[Services, Depends(_services)]
