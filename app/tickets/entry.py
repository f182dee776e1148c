"""`GET /?ticket=`: the page's way in, from a printed address to a session cookie."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.auth import authenticate
from app.credentials import COOKIE
from app.errors import ApiError, UnauthenticatedError, as_api_error
from app.services import services_of
from frmk.errors import FrameworkError


class TicketEntry:
    """Turn a ticket in the page's address into a cookie, and the address into a plain one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] == "GET":
            request = Request(scope, receive)
            if "ticket" in request.query_params:
                response = await _enter(request)
                return await response(scope, receive, send)
        return await self._app(scope, receive, send)


async def _enter(request: Request) -> Response:
    try:
        return await _with_cookie(request)
    except (ApiError, FrameworkError) as error:
        seen = as_api_error(error)
        if isinstance(seen, UnauthenticatedError) and "text/html" in request.headers.get("accept", ""):
            # A person with a used ticket gets the page, which says how to come by a new one.
            return RedirectResponse("/", status_code=303, headers={"Cache-Control": "no-store"})
        return JSONResponse(seen.body(), status_code=seen.status_code, headers=seen.headers)


async def _with_cookie(request: Request) -> Response:
    services = services_of(request)
    home = RedirectResponse("/", status_code=303, headers={"Cache-Control": "no-store"})
    try:
        identity = await authenticate(request)
    except UnauthenticatedError:
        # Reloading the printed address with a used ticket is no reason to lose a good session.
        session = request.cookies.get(COOKIE)
        if session and await services.secrets.session_user(session):
            return home
        raise
    if not identity.open:
        home.set_cookie(
            COOKIE,
            await services.secrets.issue_session(identity.user),
            max_age=services.secrets.session_seconds,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
    return home
