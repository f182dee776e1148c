"""Behind a Front Door: nobody else's requests are served, for only there does the firewall look at them."""

from secrets import compare_digest

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HEADER = "X-Azure-FDID"
# The platform's own probes come to the container directly.
PROBES = "/health"


class Doorway:
    """Refuse what did not come through the Front Door with this id."""

    def __init__(self, app: ASGIApp, front_door_id: str) -> None:
        self._app = app
        self._id = front_door_id.lower().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 403."""
        if scope["type"] not in {"http", "websocket"} or scope["path"].startswith(PROBES):
            return await self._app(scope, receive, send)
        given = Headers(scope=scope).get(HEADER, "").lower().encode()
        if compare_digest(given, self._id):
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        detail = f"This app is served through its Front Door alone: the request has no {HEADER} of it."
        refusal = JSONResponse({"error": "NotThroughFrontDoor", "detail": detail}, status_code=403)
        return await refusal(scope, receive, send)
