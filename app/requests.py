"""Requests read within bounds: the user first, then the size, then strict JSON."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from app.auth import authenticate
from app.errors import BodyTooLargeError, UnsupportedMediaTypeError
from app.services import services_of
from app.strict_json import parse_json
from frmk.errors import FrameworkError

JSON_TYPE = "application/json"
DRAIN_BYTES = 64 * 1_048_576
DRAIN_SECONDS = 5


class BoundedRequest(Request):
    """Read a body no larger than allowed, from nobody unknown, as strict JSON alone."""

    async def body(self) -> bytes:
        """Return the body; BodyTooLargeError as soon as it is known to be too large."""
        if not hasattr(self, "_body"):
            await authenticate(self)
            self._body = await self._read(services_of(self).settings.limits.body_bytes)
            media = self.headers.get("content-type")
            if self._body and (media or "").partition(";")[0].strip().lower() != JSON_TYPE:
                raise UnsupportedMediaTypeError(media)
        return self._body

    async def json(self) -> Any:
        """Return the body's value; MalformedJsonError where it is not strict JSON."""
        if not hasattr(self, "_json"):
            raw = await self.body()
            self._json = parse_json(raw, depth=services_of(self).settings.limits.json_depth)
        return self._json

    async def _read(self, limit: int) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in self.stream():
            size += len(chunk)
            if size > limit:
                await self._drain()
                declared = self.headers.get("content-length", "")
                raise BodyTooLargeError(limit, int(declared) if declared.isdecimal() else None)
            chunks.append(chunk)
        return b"".join(chunks)

    async def _drain(self) -> None:
        # A client that is still writing would see a reset connection and never the answer.
        left = DRAIN_BYTES
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while left > 0 and not self._stream_consumed:
                    message = await self.receive()
                    left -= len(message.get("body", b""))
                    if message["type"] == "http.disconnect" or not message.get("more_body", False):
                        return
        except TimeoutError:
            return


class BoundedRoute(APIRoute):
    """Give every endpoint its request within bounds."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # Starlette says Coroutine
        """Wrap the request before FastAPI reads it."""
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            try:
                return await handle(BoundedRequest(request.scope, request.receive))
            except HTTPException as error:
                # FastAPI calls whatever fails while a body is read a bad request.
                if isinstance(error.__cause__, FrameworkError):
                    raise error.__cause__ from None
                raise

        return bounded
