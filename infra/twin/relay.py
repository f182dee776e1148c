"""Hand an answer through as it comes, and end as it ends."""

import logging
from collections.abc import AsyncIterator, Mapping

import aiohttp
from aiohttp import web

_log = logging.getLogger(__name__)


async def relay(
    request: web.Request, answer: aiohttp.ClientResponse, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Stream `answer` to whoever asked.

    A client that leaves ends it quietly; a source that breaks off cuts the client's connection, so that
    half an answer is never taken for a whole one.
    """
    response = web.StreamResponse(status=answer.status, headers=headers)
    try:
        await response.prepare(request)
        if request.method != "HEAD":
            async for piece in _pieces(request, answer):
                await response.write(piece)
        await response.write_eof()
    except ConnectionResetError:
        _log.debug("%s %s: the client left", request.method, request.path)
    return response


async def _pieces(request: web.Request, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.content.iter_any():
            yield piece
    except (aiohttp.ClientError, TimeoutError) as error:
        _log.warning("%s %s broke off: %s", request.method, request.path, error)
        if request.transport is not None:
            request.transport.abort()
