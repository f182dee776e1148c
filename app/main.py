"""The app: its middleware, its routers and its errors, put together."""

from collections.abc import MutableMapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fastapi import FastAPI

from app.agents.router import router as agents
from app.departure import Departure
from app.doorway import Doorway
from app.errors import install_error_handlers
from app.health.router import router as health
from app.lifespan import lifespan_of
from app.messages.router import router as messages
from app.metrics.registry import Metrics
from app.metrics.router import router as metrics_page
from app.openapi import install_openapi
from app.opening import Opening, open_backend
from app.protocols.websocket.router import router as websocket
from app.runs.router import router as runs
from app.settings import Settings, read_settings
from app.telemetry.middleware import RequestRecord, SecurityHeaders
from app.threads.router import router as threads
from app.tickets.entry import TicketEntry
from app.tickets.router import router as tickets

ROUTERS = (health, messages, threads, runs, agents, tickets, metrics_page, websocket)


def create_app(settings: Settings | None = None, *, opening: Opening = open_backend) -> FastAPI:
    """Build the app; the environment gives the settings where none are passed."""
    settings = settings or read_settings()
    metrics, departure = Metrics(), Departure()
    app = FastAPI(
        title="Sea Trial agent app",
        version=settings.server.version,
        lifespan=lifespan_of(settings, opening, metrics, departure),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"metrics": False, "logs": False, "operation_spans": False, "exclude": _untraced},
    )
    app.state.departure = departure
    for router in ROUTERS:
        app.include_router(router)
    _include_page(app)
    install_error_handlers(app)
    install_openapi(app)
    app.add_middleware(TicketEntry)
    if settings.server.front_door_id is not None:
        app.add_middleware(Doorway, front_door_id=settings.server.front_door_id)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestRecord, metrics=metrics)
    return app


def _include_page(app: FastAPI) -> None:
    # An image may leave the page out.
    if find_spec("app.ui") and find_spec("app.ui.router"):
        app.include_router(import_module("app.ui.router").page_router())


def _untraced(scope: MutableMapping[str, Any]) -> bool:
    # Probes would drown the rest, and the page's address may hold a ticket.
    path = str(scope["path"])
    return path == "/" or path.startswith(("/health", "/assets"))
