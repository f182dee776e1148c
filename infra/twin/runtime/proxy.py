"""The ingress proxy: streams requests and answers between clients and replicas."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Protocol

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from infra.twin.network.restrictions import HEADER
from infra.twin.runtime.door import CLAIMED, Door, ajar
from infra.twin.runtime.replica import Replica
from infra.twin.runtime.revision import Revision
from infra.twin.runtime.tunnel import relay

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_NO_UPSTREAM = (
    "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: "
    "remote connection "
    "failure, transport failure reason: delayed connect error: 111"
)
_RESET = "upstream connect error or disconnect/reset before headers. reset reason: connection termination"
_NOT_HEALTHY = "no healthy upstream"
_STOPPED = "Error 404 - This Container App is stopped or does not exist."
_TIMEOUT = "stream timeout"
_DENIED = "RBAC: access denied"

Guard = Callable[[str | None], bool]
"""Says whether a caller from this address is let in; None is this machine."""


def everybody(_: str | None) -> bool:
    """Let in whoever comes."""
    return True


class Router(Protocol):
    """Know which revision answers a request."""

    def route(self, host: str) -> Revision | None:
        """Return the revision for a request to this host, or None when no traffic goes anywhere."""
        ...


class Proxy:
    """Pass requests on as the ingress of Container Apps does, within its time limit."""

    def __init__(
        self,
        router: Router,
        session: aiohttp.ClientSession,
        limit: float,
        guard: Guard = everybody,
        door: Door = ajar,
    ) -> None:
        self._router = router
        self._session = session
        self._limit = limit
        self._guard = guard
        self._door = door

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if not self._guard(request.headers.get(HEADER)):
            return web.Response(status=403, text=_DENIED)
        entry = self._door(request)
        if isinstance(entry, web.Response):
            return entry
        revision = self._router.route(request.host)
        if revision is None:
            return web.Response(status=404, text=_STOPPED)
        replica = await self._ready_replica(revision)
        running = replica.running if replica else None
        address = running.address(revision.plan.target_port) if running else None
        if replica is None:
            return web.Response(status=503, text=_NOT_HEALTHY)
        if address is None:
            return web.Response(status=503, text=_NO_UPSTREAM)
        replica.in_flight += 1
        try:
            return await self._pass(request, address, entry)
        finally:
            replica.in_flight -= 1

    async def _ready_replica(self, revision: Revision) -> Replica | None:
        """Return a replica; one that is about to come back is waited for, within the time limit."""
        try:
            async with asyncio.timeout(self._limit):
                return await revision.acquire()
        except TimeoutError:
            return None

    async def _pass(
        self, request: web.BaseRequest, address: tuple[str, int], told: Mapping[str, str]
    ) -> web.StreamResponse:
        url = URL(f"http://{address[0]}:{address[1]}{_path(request)}", encoded=True)
        headers = _forwarded(request, told)
        if _is_websocket(request):
            return await relay(request, self._session, url, headers)
        answer: web.StreamResponse | None = None
        try:
            async with asyncio.timeout(self._limit):
                async with self._session.request(
                    request.method, url, headers=headers, data=await _body(request), allow_redirects=False
                ) as upstream:
                    answer = await _begin(request, upstream)
                    async for chunk in upstream.content.iter_any():
                        await answer.write(chunk)
                    await answer.write_eof()
                    return answer
        except TimeoutError:
            return _cut(request, answer, 504, _TIMEOUT)
        except aiohttp.ClientConnectorError:
            return _cut(request, answer, 503, _NO_UPSTREAM)
        except (aiohttp.ClientError, ConnectionError):
            return _cut(request, answer, 502, _RESET)


def _path(request: web.BaseRequest) -> str:
    """Return path and query as the client wrote them, also from an absolute request line."""
    raw = request.raw_path
    if raw.startswith("/"):
        return raw
    return URL(raw, encoded=True).raw_path_qs


def _is_websocket(request: web.BaseRequest) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _without_hops(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return headers without those that concern one connection alone."""
    named = {name.strip().lower() for name in headers.get("Connection", "").split(",")}
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        if name.lower() not in _HOP_BY_HOP and name.lower() not in named:
            kept.add(name, value)
    return kept


def _forwarded(request: web.BaseRequest, told: Mapping[str, str]) -> CIMultiDict[str]:
    headers = _without_hops(request.headers)
    for name in [name for name in headers if name.lower().startswith(CLAIMED)]:
        headers.popall(name, None)
    headers.update(told)
    headers.popall("Expect", None)
    before = request.headers.getall("X-Forwarded-For", [])
    claimed = headers.pop(HEADER, None)
    headers["X-Forwarded-For"] = ", ".join([*before, claimed or request.remote or "127.0.0.1"])
    headers["X-Forwarded-Proto"] = request.scheme
    headers["X-Forwarded-Host"] = request.host
    headers.setdefault("X-Request-Id", str(uuid.uuid4()))
    return headers


async def _body(request: web.BaseRequest) -> AsyncIterator[bytes] | None:
    if not request.body_exists:
        return None
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return request.content.iter_any()


async def _begin(request: web.BaseRequest, upstream: aiohttp.ClientResponse) -> web.StreamResponse:
    """Send the head of an answer as soon as the replica has sent it."""
    headers = _without_hops(upstream.headers)
    answer = web.StreamResponse(status=upstream.status, reason=upstream.reason, headers=headers)
    await answer.prepare(request)
    return answer


def _cut(
    request: web.BaseRequest, answer: web.StreamResponse | None, status: int, text: str
) -> web.StreamResponse:
    """Answer with an error, or break the connection when an answer has begun already."""
    if answer is None:
        return web.Response(status=status, text=text)
    if request.transport is not None:
        request.transport.abort()
    return answer
