"""The app's routes are the contract's table, but for what a later issue brings."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any

from fastapi import FastAPI

from app.main import create_app
from app.settings import read_settings

CONTRACT = {
    "POST /api/v1/message",
    "POST /api/v1/threads/{id}/runs",
    "GET /api/v1/threads",
    "GET /api/v1/threads/{id}",
    "DELETE /api/v1/threads/{id}",
    "GET /api/v1/runs/{id}",
    "GET /api/v1/runs/{id}/events",
    "POST /api/v1/runs/{id}/cancel",
    "POST /api/v1/runs/{id}/resume",
    "POST /api/v1/tickets",
    "DELETE /api/v1/users/me",
    "GET /api/v1/agents",
    "GET /api/mcp/servers",
    "GET /api/mcp/config",
    "GET /health",
    "GET /health/live",
    "GET /health/ready",
    "GET /health/startup",
    "GET /metrics",
    "GET /",
    "GET /openapi.json",
    "WEBSOCKET /ws",
}
LATER = {"DELETE /api/v1/users/me", "GET /api/mcp/servers", "GET /api/mcp/config"}
BESIDE = {"GET /assets/{name}"}


def app() -> FastAPI:
    return create_app(read_settings({"SEATRIAL_AUTH": "open"}), opening=lambda _settings: nullcontext())  # type: ignore[arg-type,return-value]  # never opened


def served(routes: Iterable[Any]) -> Iterator[str]:
    for route in routes:
        if inner := getattr(route, "original_router", None):
            yield from served(inner.routes)
        elif methods := getattr(route, "methods", None):
            yield from (f"{method} {route.path}" for method in methods - {"HEAD"})
        else:
            yield f"WEBSOCKET {route.path}"


def test_the_routes_are_those_of_the_contract() -> None:
    assert set(served(app().routes)) - BESIDE == CONTRACT - LATER


def test_every_route_but_the_socket_is_described() -> None:
    described = {
        f"{method.upper()} {path}"
        for path, operations in app().openapi()["paths"].items()
        for method in operations
    }

    assert described - BESIDE == CONTRACT - LATER - {"GET /openapi.json", "WEBSOCKET /ws"}
