"""An account over HTTPS: requests in, replies out, connections kept."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Sequence

from aiohttp import web
from yarl import URL

from infra.twin import farewell
from infra.twin.database.answers import problem_reply
from infra.twin.database.calls import Call, Reply
from infra.twin.database.gateway import Gateway
from infra.twin.database.problems import CosmosProblem, too_large
from infra.twin.guard import known_hosts

MAX_BODY = 16 * 1024 * 1024
_KEEP_ALIVE_SECONDS = 75.0
_SHUTDOWN_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Endpoint:
    """Serve one account on sockets that listen already."""

    def __init__(
        self, gateway: Gateway, host_gateway: str | None = None, routes: Sequence[web.AbstractRouteDef] = ()
    ) -> None:
        self._gateway = gateway
        app = web.Application(client_max_size=MAX_BODY, middlewares=[known_hosts(host_gateway)])
        app.add_routes([*routes, web.route("*", "/{path:.*}", self._handle)])
        self._runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
            shutdown_timeout=_SHUTDOWN_SECONDS,
            max_line_size=32_768,
            max_field_size=32_768,
        )

    async def start(self, sockets: Sequence[socket.socket], context: Callable[[], ssl.SSLContext]) -> None:
        """Answer on these sockets from now on."""
        await self._runner.setup()
        for held in sockets:
            await web.SockSite(self._runner, held, ssl_context=context()).start()

    async def close(self) -> None:
        """Close connections and sockets."""
        await farewell.close(self._runner)

    async def _handle(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _response(problem_reply(too_large()))
        call = Call(
            method=request.method,
            path=_raw_path(request),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            base=f"https://{request.host}/",
        )
        await asyncio.sleep(self._gateway.latency(call))
        return _response(self._answered(call))

    def _answered(self, call: Call) -> Reply:
        try:
            return self._gateway.handle(call)
        except Exception:  # noqa: BLE001 - an account goes on answering; the log has the reason
            _log.exception("%s %s failed", call.method, call.path[:200])
            message = f"the twin's database failed at {call.method} {call.path[:200]}; its log has the reason"
            return problem_reply(CosmosProblem(500, message))


def _raw_path(request: web.Request) -> str:
    target = request.raw_path
    raw = URL(target, encoded=True).raw_path if target.startswith("http") else target.partition("?")[0]
    return str(raw)


def _response(reply: Reply) -> web.Response:
    headers = dict(reply.headers)
    if not reply.body:
        headers.pop("content-type", None)
    return web.Response(status=reply.status, body=reply.body or None, headers=headers)
