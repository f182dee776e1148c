"""The telemetry endpoint that Application Insights' exporter sends to: taken and counted."""

from dataclasses import dataclass

from aiohttp import web


@dataclass
class Ingestion:
    """Accept telemetry; what becomes of it is not rehearsed."""

    received: int = 0

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [web.post("/v2.1/track", self._track), web.post("/v2/track", self._track)]

    async def _track(self, request: web.Request) -> web.Response:
        raw = (await request.read()).strip()
        items = raw.count(b"\n") + 1 if raw and not raw.startswith(b"[") else max(raw.count(b'"iKey"'), 1)
        self.received += items
        return web.json_response({"itemsReceived": items, "itemsAccepted": items, "errors": []})
