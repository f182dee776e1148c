"""`/ws`: who may connect, and how many sockets one user may hold."""

from fastapi import APIRouter, WebSocket

from app.auth import Identity, authenticate
from app.credentials import SUBPROTOCOL
from app.errors import ApiError, UnauthenticatedError, as_api_error
from app.protocols.websocket.session import Close, SocketSession, close_socket
from app.services import Services, services_of
from frmk.errors import FrameworkError

router = APIRouter()


@router.websocket("/ws")
async def socket(websocket: WebSocket) -> None:
    """Accept first, so that the client sees the close code; then serve whoever is recognised."""
    offered = websocket.scope.get("subprotocols") or []
    await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
    services = services_of(websocket)
    try:
        identity = await authenticate(websocket)
    except ApiError as error:
        unknown = isinstance(error, UnauthenticatedError) or error.status_code in {422, 429}
        return await close_socket(websocket, Close(4401 if unknown else 1013, _reason(error)))
    except FrameworkError as error:
        return await close_socket(websocket, Close(1013, _reason(as_api_error(error))))
    return await _serve(websocket, services, identity)


async def _serve(websocket: WebSocket, services: Services, identity: Identity) -> None:
    limit = services.settings.limits.sockets_per_user
    if not services.sockets.enter(identity.user, limit):
        full = Close(1013, f"you have {limit} sockets open, as many as are allowed")
        return await close_socket(websocket, full)
    services.metrics.sockets.inc()
    session = SocketSession(websocket, services, identity)
    try:
        # The departure waits until the close has been sent.
        with services.departure.told(session.leave):
            return await close_socket(websocket, await session.serve())
    finally:
        services.metrics.sockets.dec()
        services.sockets.leave(identity.user)


def _reason(error: ApiError) -> str:
    # A close frame carries at most 123 bytes.
    return error.detail.encode("ascii", "replace")[:120].decode("ascii")
