"""One port for HTTP and HTTPS: the first byte of a connection tells which of them it speaks.

A registry's address names no scheme: the Docker engine tries both, az takes HTTPS alone, and what runs in
the twin's own process takes HTTP. Identities' tokens come by HTTP as in Azure, and telemetry goes by HTTPS:
the exporter sends no token in clear.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine

from aiohttp import web

_TLS_HANDSHAKE = b"\x16"
_FIRST_BYTE_SECONDS = 30.0
_REST_SECONDS = 0.1
_log = logging.getLogger(__name__)


class Doorway:
    """Accept connections for a server on a socket that listens already."""

    def __init__(
        self, server: web.Server, held: socket.socket, context: Callable[[], ssl.SSLContext]
    ) -> None:
        self._server = server
        self._held = held
        self._context = context()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Accept from now on."""
        self._begin(self._accept())

    async def close(self) -> None:
        """Accept no more; what is open is the server's to end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._held.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._held)
            except OSError as error:
                _log.warning("a connection was not accepted: %s", error)
                await asyncio.sleep(_REST_SECONDS)
                continue
            connection.setblocking(False)
            self._begin(self._admit(connection))

    async def _admit(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            first = await asyncio.wait_for(_first_byte(connection), _FIRST_BYTE_SECONDS)
            context = self._context if first == _TLS_HANDSHAKE else None
            await loop.connect_accepted_socket(self._server, connection, ssl=context)
        except (OSError, TimeoutError) as error:
            _log.debug("a connection ended before its first request: %s", error)
            connection.close()
        except BaseException:
            connection.close()
            raise

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _first_byte(connection: socket.socket) -> bytes:
    """Wait for the first byte and leave it where it is."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(connection, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(connection)
    return connection.recv(1, socket.MSG_PEEK)
