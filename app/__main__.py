"""`python -m app`: one clear line and exit 1 for a wrong configuration, a graceful end on SIGTERM."""

import asyncio
import gc
import signal
import socket
import sys
from contextlib import AbstractAsyncContextManager, nullcontext
from importlib import import_module
from importlib.util import find_spec

import structlog
import uvicorn
from fastapi import FastAPI

from app.departure import Departure
from app.main import create_app
from app.opening import Backend, open_backend
from app.settings import ConfigurationError, Settings, read_settings
from app.telemetry.logs import configure_logs

SOCKET_BYTES = 16 * 1_048_576
STREAMS_SECONDS = 2.0


class Server(uvicorn.Server):
    """Tell sockets and streams that the server leaves before uvicorn cuts them off."""

    def __init__(self, config: uvicorn.Config, departure: Departure) -> None:
        super().__init__(config)
        self._departure = departure

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen and say where."""
        await super().startup(sockets)
        gc.freeze()
        gc.enable()
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            structlog.get_logger("app").info("listening", host=host, port=port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Announce the departure, then stop as uvicorn does."""
        structlog.get_logger("app").info("stopping")
        await self._departure.announce(min(STREAMS_SECONDS, self.config.timeout_graceful_shutdown or 0.1))
        await super().shutdown(sockets)


def main() -> int:
    """Run the server until it is told to stop; return the exit code."""
    # Nothing that a start makes is garbage: looking for some would take a tenth of it.
    gc.disable()
    try:
        settings = read_settings()
        configure_logs(settings.telemetry.log_level, sys.stdout)
        listener = _listen(settings)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(settings, listener))
    except ConfigurationError as error:
        print(f"configuration: {error}", file=sys.stderr)  # noqa: T201  # the one line that people and tools read
        return 1
    return 0


async def _serve(settings: Settings, listener: socket.socket) -> None:
    async with open_backend(settings) as backend:

        def opened(_settings: Settings) -> AbstractAsyncContextManager[Backend]:
            return nullcontext(backend)

        app = create_app(settings, opening=opened)
        server = Server(server_config(settings, app), app.state.departure)
        # uvicorn raises a caught signal again when it is done: what is open here must still be closed.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        await server.serve([listener])


def server_config(settings: Settings, app: FastAPI) -> uvicorn.Config:
    """Return how uvicorn is to serve the app."""
    return uvicorn.Config(
        app,
        host=settings.server.host,
        port=settings.server.port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        proxy_headers=True,
        forwarded_allow_ips=settings.server.trusted_proxies,
        ws_max_size=SOCKET_BYTES,
        # Our heartbeat keeps sockets alive; uvicorn's own would close a slow client with 1011.
        ws_ping_interval=None,
        timeout_graceful_shutdown=max(1, round(settings.server.finish_seconds)),
    )


def _listen(settings: Settings) -> socket.socket:
    server = settings.server
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((server.host, server.port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"PORT={server.port} on SEATRIAL_HOST={server.host} cannot be used: {error.strerror}. "
            "Stop what listens there, or set another PORT"
        ) from error
    return listener


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    return import_module("uvloop").Loop if find_spec("uvloop") else None


if __name__ == "__main__":
    sys.exit(main())
