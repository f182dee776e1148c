"""The end of a web server whose clients hold connections."""

import asyncio
from contextlib import suppress

from aiohttp import web


async def close(runner: web.AppRunner) -> None:
    """Close a server's connections; a client that does not answer TLS's farewell is not waited for."""
    held = [one.transport for one in runner.server.connections if one.transport] if runner.server else []
    await runner.cleanup()
    for transport in held:
        # Early releases of Python 3.11 cannot abort a TLS transport that was closed twice.
        with suppress(AttributeError):
            transport.abort()
    await asyncio.sleep(0)
