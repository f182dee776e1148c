"""WebSockets through the ingress: both sides' messages, pings and close codes, unchanged."""

import asyncio

import aiohttp
from aiohttp import WSMessage, WSMsgType, web
from multidict import CIMultiDict
from yarl import URL

_OWN = (
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Protocol",
    "Host",
)
_CLOSE_SECONDS = 5.0
_NO_UPSTREAM = "upstream connect error or disconnect/reset before headers. reset reason: connection failure"

Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def relay(
    request: web.BaseRequest, session: aiohttp.ClientSession, url: URL, headers: CIMultiDict[str]
) -> web.StreamResponse:
    """Open the socket at the replica, then the client's with what was agreed, and pump until one closes."""
    host = headers.get("Host", "")
    for name in _OWN:
        headers.popall(name, None)
    headers["Host"] = host
    offered = [
        part.strip() for part in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if part.strip()
    ]
    try:
        upstream = await session.ws_connect(
            url, protocols=offered, headers=headers, autoclose=False, autoping=False, max_msg_size=0
        )
    except aiohttp.WSServerHandshakeError as error:
        return web.Response(status=error.status, text=f"{error.status}: the app refused the WebSocket")
    except aiohttp.ClientError:
        return web.Response(status=503, text=_NO_UPSTREAM)
    async with upstream:
        agreed = (upstream.protocol,) if upstream.protocol else ()
        client = web.WebSocketResponse(
            protocols=agreed, autoclose=False, autoping=False, max_msg_size=0, timeout=_CLOSE_SECONDS
        )
        await client.prepare(request)
        await _pump_both(client, upstream)
    return client


async def _pump_both(client: web.WebSocketResponse, upstream: aiohttp.ClientWebSocketResponse) -> None:
    tasks = (asyncio.create_task(_pump(client, upstream)), asyncio.create_task(_pump(upstream, client)))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        # The server cancels the handler of a client whose connection is lost.
        await _drop(upstream)
        raise
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(source: Socket, target: Socket) -> None:
    """Pass messages on until the source closes, then close both with its code and reason."""
    while True:
        message: WSMessage = await source.receive()
        if message.type is WSMsgType.CLOSE:
            code, reason = message.data or 1000, (message.extra or "").encode()
            await target.close(code=code, message=reason)
            await source.close(code=code, message=reason)
            return
        if message.type in {WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}:
            await _drop(target)
            return
        await _send(target, message)


async def _send(target: Socket, message: WSMessage) -> None:
    if message.type is WSMsgType.TEXT:
        await target.send_str(message.data)
    elif message.type is WSMsgType.BINARY:
        await target.send_bytes(message.data)
    elif message.type is WSMsgType.PING:
        await target.ping(message.data)
    elif message.type is WSMsgType.PONG:
        await target.pong(message.data)


async def _drop(target: Socket) -> None:
    """End a socket whose other side vanished, with the code for a peer that goes away."""
    await target.close(code=aiohttp.WSCloseCode.GOING_AWAY, message=b"the other side is gone")
