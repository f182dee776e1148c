"""The way in: one port per app, open while ingress is on."""

import errno
import socket

import aiohttp
from aiohttp import web

from infra.twin.runtime.door import Door, ajar
from infra.twin.runtime.proxy import Guard, Proxy, Router, everybody

_LINE_BYTES = 65_536
_BACKLOG = 512


class PortTakenError(OSError):
    """Say that another program listens where the ingress should."""

    def __init__(self, port: int) -> None:
        self.text = (
            f"port {port} is in use on 127.0.0.1; stop what listens there, or choose another with --port"
        )
        super().__init__(errno.EADDRINUSE, self.text)


class Ingress:
    """Hold a port for an app: bound for good, so that its URL stays; accepting only while it is open."""

    def __init__(self, port: int = 0, *, limit: float = 240.0) -> None:
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]
        self._limit = limit
        self._runner: web.ServerRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def is_open(self) -> bool:
        """Say whether the port accepts connections."""
        return self._runner is not None

    async def open(self, router: Router, guard: Guard = everybody, door: Door = ajar) -> None:
        """Accept requests for what the router knows, unless it does so already; raise PortTakenError."""
        if self._runner is not None:
            return
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            max_line_size=_LINE_BYTES,
            max_field_size=_LINE_BYTES,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        proxy = Proxy(router, self._session, self._limit, guard, door)
        server = web.Server(
            proxy.handle,
            handler_cancellation=True,
            auto_decompress=False,
            access_log=None,
            max_line_size=_LINE_BYTES,
            max_field_size=_LINE_BYTES,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.SockSite(self._runner, self._socket, backlog=_BACKLOG).start()
        except OSError as error:
            await self.close()
            raise PortTakenError(self.port) from error

    async def close(self) -> None:
        """Stop accepting and end what is open; the port stays reserved."""
        runner, self._runner = self._runner, None
        session, self._session = self._session, None
        if runner is not None:
            await runner.cleanup()
            self._socket.close()
            self._socket = _bound(self.port)
        if session is not None:
            await session.close()

    def release(self) -> None:
        """Give the port back."""
        self._socket.close()


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(port) from error
        raise
    return bound
