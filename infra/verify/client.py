"""A deployed app as one user of it sees it."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from infra.verify.report import CheckFailedError
from infra.verify.trace import WireEvent

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


def is_local(url: str) -> bool:
    """Say whether a URL leads to this machine, so that no proxy is asked."""
    return urlsplit(url).hostname in LOCAL_HOSTS


@asynccontextmanager
async def opened(url: str, limit: float) -> AsyncIterator[httpx.AsyncClient]:
    """Give an HTTP client whose paths are relative to the app's URL."""
    async with httpx.AsyncClient(
        base_url=url, timeout=limit, trust_env=not is_local(url), follow_redirects=False
    ) as http:
        yield http


@dataclass(frozen=True, kw_only=True)
class AppClient:
    """Speak to one app as one user; without a token, as nobody."""

    http: httpx.AsyncClient
    token: str | None

    async def ask(self, method: str, path: str, *, json: Any = None, expect: Iterable[int]) -> httpx.Response:
        """Send one request; raise CheckFailedError when the status is not among the expected ones."""
        allowed = tuple(expect)
        answer = await self.http.request(method, path, json=json, headers=self._headers())
        if answer.status_code not in allowed:
            wanted = " or ".join(map(str, allowed))
            raise CheckFailedError(
                f"{method} {path} gave HTTP {answer.status_code}, expected {wanted}: {answer.text[:300]}",
                status=answer.status_code,
            )
        return answer

    async def message(self, text: str, thread: str, goal: str | None) -> dict[str, Any]:
        """Send a message and return the answer's body."""
        body = {"message": text, "thread_id": thread, **({"goal": goal} if goal else {})}
        answer = await self.ask("POST", "/api/v1/message", json=body, expect=(200,))
        found: dict[str, Any] = answer.json()
        return found

    async def events(self, run_id: str, after: int = 0) -> list[WireEvent]:
        """Return a run's events after a number, read as SSE until the final one."""
        path = f"/api/v1/runs/{run_id}/events?after={after}"
        async with self.http.stream("GET", path, headers=self._headers()) as answer:
            if answer.status_code != httpx.codes.OK:
                await answer.aread()
                raise CheckFailedError(f"GET {path} gave HTTP {answer.status_code}: {answer.text[:300]}")
            return [event async for event in _read_sse(answer.aiter_lines())]

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[ClientConnection]:
        """Open the WebSocket with the token as a subprotocol."""
        base = str(self.http.base_url).rstrip("/")
        names = [Subprotocol("bearer"), Subprotocol(self.token)] if self.token else None
        proxy: Literal[True] | None = None if is_local(base) else True
        address = "ws" + base.removeprefix("http") + "/ws"
        async with connect(address, subprotocols=names, proxy=proxy, open_timeout=20) as socket:
            yield socket

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


async def _read_sse(lines: AsyncIterator[str]) -> AsyncIterator[WireEvent]:
    """Yield the events of a stream, whose frames must agree with the bodies in them."""
    fields: dict[str, str] = {}
    async for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif not line and "data" in fields:
            event: WireEvent = json.loads(fields["data"])
            if fields.get("id") != str(event.get("seq")) or fields.get("event") != event.get("type"):
                raise CheckFailedError(
                    f"an SSE frame says id {fields.get('id')!r} and event {fields.get('event')!r}, "
                    f"its data says {event.get('seq')!r} and {event.get('type')!r}"
                )
            yield event
            fields = {}
