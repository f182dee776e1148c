"""One attempt of a probe, judged as Container Apps does: HTTP 200 to 399, or an open TCP port."""

import asyncio
from dataclasses import dataclass

import aiohttp

from infra.twin.runtime.engine import Running
from infra.twin.runtime.spec import ProbeSpec

_OK = range(200, 400)
_SHOWN_BODY = 300


@dataclass(frozen=True)
class Attempt:
    """Say how one attempt went; `refused` when nothing listens on the port, `status` when it answered."""

    ok: bool
    detail: str = ""
    refused: bool = False
    status: int | None = None
    body: str = ""


async def attempt(session: aiohttp.ClientSession, probe: ProbeSpec, running: Running) -> Attempt:
    """Ask once."""
    address = running.address(probe.port)
    if address is None:
        return Attempt(ok=False, detail="connection refused", refused=True)
    try:
        async with asyncio.timeout(probe.timeout):
            if probe.scheme == "TCP":
                return await _connect(address)
            return await _get(session, probe, address)
    except TimeoutError:
        return Attempt(ok=False, detail=f"context deadline exceeded (no answer within {probe.timeout} s)")


async def is_open(running: Running, port: int) -> bool:
    """Say whether something accepts connections on a port of the container."""
    address = running.address(port)
    if address is None:
        return False
    try:
        async with asyncio.timeout(2):
            return (await _connect(address)).ok
    except TimeoutError:
        return False


async def _connect(address: tuple[str, int]) -> Attempt:
    try:
        _, writer = await asyncio.open_connection(*address)
    except OSError:
        return Attempt(ok=False, detail="connection refused", refused=True)
    writer.close()
    return Attempt(ok=True)


async def _get(session: aiohttp.ClientSession, probe: ProbeSpec, address: tuple[str, int]) -> Attempt:
    host, port = address
    url = f"{probe.scheme.lower()}://{host}:{port}/{probe.path.lstrip('/')}"
    headers = {"User-Agent": "kube-probe/1.30", "Host": f"{host}:{probe.port}", **dict(probe.headers)}
    try:
        async with session.get(url, headers=headers, allow_redirects=False, ssl=False) as response:
            body = (await response.content.read(_SHOWN_BODY)).decode(errors="replace")
    except aiohttp.ClientConnectorError:
        return Attempt(ok=False, detail="connection refused", refused=True)
    except aiohttp.ClientError as error:
        return Attempt(ok=False, detail=f"{type(error).__name__}: {error}")
    if response.status in _OK:
        return Attempt(ok=True, status=response.status)
    detail = f"HTTP probe failed with statuscode: {response.status}"
    return Attempt(ok=False, detail=detail, status=response.status, body=body)
