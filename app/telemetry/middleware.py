"""Around every request: its log line, its metrics, and the headers that keep browsers careful."""

from time import monotonic
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics.registry import Metrics

QUIET = ("/health", "/metrics")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class SecurityHeaders:
    """Add the headers that an answer does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        return await self._app(scope, receive, guarded)


class RequestRecord:
    """Count and log every request, by route and never by its query."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = monotonic(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._metrics.request_seconds.labels(_route(scope)).observe(monotonic() - began)
            await send(message)

        try:
            return await self._app(scope, receive, watched)
        except Exception:
            # Who answers for a defect stands outside of this.
            status = status or 500
            raise
        finally:
            self._metrics.requests.labels(scope["method"], _route(scope), str(status)).inc()
            self._log(scope, status, monotonic() - began)

    def _log(self, scope: Scope, status: int, seconds: float) -> None:
        log = structlog.get_logger("app.requests")
        write = log.debug if scope["path"].startswith(QUIET) else log.info
        about: dict[str, Any] = {
            key: scope["path_params"][key] for key in ("id",) if key in scope.get("path_params", {})
        }
        write(
            "request",
            method=scope["method"],
            route=_route(scope),
            status=status or "client left",
            seconds=round(seconds, 4),
            **about,
        )


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "unmatched"))
