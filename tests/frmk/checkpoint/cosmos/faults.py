"""A transport that goes wrong on demand: throttled answers, lost answers, requests held back."""

import asyncio
from collections.abc import Callable
from typing import Any

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import AioHttpTransport, AsyncHttpResponse


class _Refusal(AsyncHttpResponse):
    def __init__(self, request: Any, status: int) -> None:
        super().__init__(request, None)
        self.status_code = status
        self.reason = "refused"
        self.content_type = "application/json"
        self.headers = {"x-ms-retry-after-ms": "1", "x-ms-request-charge": "0.4"}

    def body(self) -> bytes:
        return b'{"code": "Refused", "message": "The request is refused by the test."}'


class FaultyTransport(AioHttpTransport):
    """Let requests pass, except those that `chosen` picks while there are faults left."""

    chosen: Callable[[Any], bool]
    hold: asyncio.Event | None

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.chosen = lambda request: "/docs" in request.url
        self.refuse: list[int] = []
        self.lose_answers = 0
        self.hold = None

    async def send(self, request: Any, **options: Any) -> Any:
        picked = self.chosen(request)
        if picked:
            self.sent.append(f"{request.method} {request.url}")
        if picked and self.refuse:
            return _Refusal(request, self.refuse.pop(0))
        if picked and self.hold is not None:
            await self.hold.wait()
        answer = await super().send(request, **options)
        if picked and self.lose_answers:
            self.lose_answers -= 1
            raise ServiceResponseError("The connection was lost after the request was sent.")
        return answer


def writes(request: Any) -> bool:
    """Pick what creates, replaces or upserts documents."""
    headers = _headers(request)
    query = "application/query+json" in headers.get("content-type", "")
    return "/docs" in request.url and request.method in {"POST", "PUT"} and not query


def places_a_document(request: Any) -> bool:
    """Pick what creates documents, alone or in a batch; chunks are upserted."""
    return (
        writes(request) and request.method == "POST" and "x-ms-documentdb-is-upsert" not in _headers(request)
    )


def replaces_a_document(request: Any) -> bool:
    """Pick what replaces a version that was read."""
    return writes(request) and request.method == "PUT"


def _headers(request: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}
