"""The page over HTTP: its files for everyone on this machine, its data for a session or the twin's token."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web
from pydantic import ValidationError

from infra.twin.arm.behaviour import ArmProblem
from infra.twin.page.assets import HEADERS, INDEX, assets
from infra.twin.page.model import Price
from infra.twin.page.tickets import Tickets
from infra.twin.page.view import View

_LONGEST_QUERY = 4_000
_MOST_BODY = 4_000
PRIVATE = {**HEADERS, "Cache-Control": "no-store"}


@dataclass(frozen=True, kw_only=True)
class PageRoutes:
    """Serve /page, and what gives a way to it under /twin/page."""

    view: View
    caller: Callable[[web.Request], str]
    tickets: Tickets = field(default_factory=Tickets)

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.get("/page", self._moved),
            web.get("/page/", self._index),
            web.get("/page/assets/{name}", self._asset),
            web.post("/page/session", self._session),
            web.get("/page/data", self._data),
            web.get("/page/resource", self._resource),
            web.get("/page/trace", self._trace),
            web.post("/twin/page/tickets", self._ticket),
            web.put("/twin/page/price", self._price),
        ]

    async def _moved(self, _: web.Request) -> web.Response:
        return web.Response(status=308, headers={**HEADERS, "Location": "/page/"})

    async def _index(self, request: web.Request) -> web.Response:
        return _file(request, INDEX)

    async def _asset(self, request: web.Request) -> web.Response:
        return _file(request, request.match_info["name"])

    async def _session(self, request: web.Request) -> web.Response:
        session = self.tickets.redeem(_text_of(await _body(request), "ticket"))
        if session is None:
            raise ArmProblem(401, "TicketRefused", "The ticket is used, older than ten minutes, or unknown.")
        return web.json_response({"session": session}, status=201, headers=PRIVATE)

    async def _data(self, request: web.Request) -> web.Response:
        self._enter(request)
        seen = _pairs(request, "have")
        read = {app: int(place) for app, place in _pairs(request, "logs").items() if place.isdecimal()}
        body = self.view.changes(seen, read)
        return web.json_response({"now": datetime.now(UTC).isoformat(), **body}, headers=PRIVATE)

    async def _resource(self, request: web.Request) -> web.Response:
        self._enter(request)
        wanted = request.query.get("id", "")
        missing = f"There is no resource '{wanted[:300]}'."
        return _answer(self.view.resource(wanted), "ResourceNotFound", missing)

    async def _trace(self, request: web.Request) -> web.Response:
        self._enter(request)
        wanted = request.query.get("operation", "")
        return _answer(self.view.trace(wanted), "TraceNotFound", f"There is no trace '{wanted[:100]}'.")

    async def _ticket(self, request: web.Request) -> web.Response:
        self.caller(request)
        return web.json_response({"ticket": self.tickets.issue()}, status=201, headers=PRIVATE)

    async def _price(self, request: web.Request) -> web.Response:
        self.caller(request)
        try:
            self.view.price = Price.model_validate(await _body(request))
        except ValidationError as error:
            message = f"The body must be a price: {error.error_count()} fields are wrong."
            raise ArmProblem(400, "InvalidRequestContent", message) from error
        return web.json_response({}, headers=PRIVATE)

    def _enter(self, request: web.Request) -> None:
        """Admit a session of the page, else whoever the admin routes admit; raise ArmProblem 401 or 403."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.tickets.admits(given):
            self.caller(request)


def _answer(found: dict[str, object] | None, code: str, missing: str) -> web.Response:
    if found is None:
        raise ArmProblem(404, code, missing)
    return web.json_response(found, headers=PRIVATE)


def _file(request: web.Request, name: str) -> web.Response:
    found = assets().get(name)
    if found is None:
        raise ArmProblem(404, "NotFound", f"The page has no file '{name[:100]}'. Reload it.")
    headers = {**HEADERS, "ETag": found.tag}
    if request.headers.get("If-None-Match") == found.tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=found.body, content_type=found.media_type, charset="utf-8", headers=headers)


async def _body(request: web.Request) -> dict[str, object]:
    raw = await request.read()
    try:
        body = json.loads(raw[:_MOST_BODY])
    except (ValueError, RecursionError) as error:
        raise ArmProblem(400, "InvalidRequestContent", f"The body is no JSON: {error}.") from error
    if not isinstance(body, dict):
        raise ArmProblem(400, "InvalidRequestContent", "The body must be an object.")
    return body


def _text_of(body: dict[str, object], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise ArmProblem(400, "InvalidRequestContent", f"The body must be an object with {name}, a text.")
    return value


def _pairs(request: web.Request, name: str) -> dict[str, str]:
    """Return `a:1,b:2` of the query as a dictionary."""
    text = request.query.get(name, "")[:_LONGEST_QUERY]
    return {key: value for key, _, value in (one.partition(":") for one in text.split(",")) if key and value}
