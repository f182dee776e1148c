"""Count and disturb the requests that leave this process, whichever client sends them.

Runs in the environment of the saver that is measured: nothing of the project may be imported.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import (
    AioHttpTransport,
    AsyncHttpResponse,
    HttpResponse,
    RequestsTransport,
)


class Wire:
    """Hold what was sent and what is to go wrong."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.units = 0.0
        self.refuse = 0
        self.writes_left: int | None = None
        self._lock = threading.Lock()

    def reset(self) -> None:
        self.requests.clear()
        self.units = 0.0

    def refuses(self, request: Any) -> bool:
        """Say whether a request is throttled; raise where the connection is cut."""
        with self._lock:
            if self.refuse > 0:
                self.refuse -= 1
                return True
            if self.writes_left is not None and _kind(request) == "write":
                if self.writes_left == 0:
                    raise ServiceRequestError("The connection was cut by the benchmark.")
                self.writes_left -= 1
        return False

    def note(self, request: Any, answer: Any) -> None:
        with self._lock:
            self.requests[_kind(request)] += 1
            self.units += float(answer.headers.get("x-ms-request-charge", 0) or 0)


WIRE = Wire()


@contextmanager
def cut_after(writes: int) -> Iterator[None]:
    """Let a number of writes pass, and none after them."""
    WIRE.writes_left = writes
    try:
        yield
    finally:
        WIRE.writes_left = None


def install() -> None:
    """Stand between every client of azure-core and its socket."""
    send_async, send = AioHttpTransport.send, RequestsTransport.send

    async def async_send(self: Any, request: Any, **options: Any) -> Any:
        if not _counts(request):
            return await send_async(self, request, **options)
        answer = _Throttled(request) if WIRE.refuses(request) else await send_async(self, request, **options)
        WIRE.note(request, answer)
        await asyncio.sleep(0)
        return answer

    def sync_send(self: Any, request: Any, **options: Any) -> Any:
        if not _counts(request):
            return send(self, request, **options)
        answer = _SyncThrottled(request) if WIRE.refuses(request) else send(self, request, **options)
        WIRE.note(request, answer)
        return answer

    AioHttpTransport.send, RequestsTransport.send = async_send, sync_send  # type: ignore[method-assign]


class _Refused:
    def refuse(self) -> None:
        self.status_code, self.reason, self.content_type = 429, "Too Many Requests", "application/json"
        self.headers = {"x-ms-retry-after-ms": "1", "x-ms-substatus": "3200", "x-ms-request-charge": "0.4"}

    def body(self) -> bytes:
        return b'{"code": "TooManyRequests", "message": "The request rate is too large."}'


class _Throttled(_Refused, AsyncHttpResponse):
    def __init__(self, request: Any) -> None:
        super().__init__(request, None)
        self.refuse()


class _SyncThrottled(_Refused, HttpResponse):
    def __init__(self, request: Any) -> None:
        super().__init__(request, None)
        self.refuse()


def _counts(request: Any) -> bool:
    return "/docs" in request.url or "partitionkeydelete" in request.url


def _kind(request: Any) -> str:
    headers = {name.lower(): str(value).lower() for name, value in request.headers.items()}
    if request.method == "GET":
        return "read"
    return "query" if "application/query+json" in headers.get("content-type", "") else "write"
