import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web


@dataclass
class Endpoint:
    """A real HTTP server that answers as OpenAI does and keeps what it was asked."""

    url: str = ""
    texts: list[str] = field(default_factory=lambda: ["Hello ", "there."])
    status: int = 200
    failing: str = "-"
    chosen: list[tuple[str, str]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.calls.append(body)
        self.headers.append(dict(request.headers))
        self.paths.append(request.path_qs)
        if self.status != 200 or request.path == self.failing:
            error = {"error": {"message": "this server takes no such thing", "code": "refused"}}
            return web.json_response(error, status=403 if self.status == 200 else self.status)
        if not body.get("stream"):
            return web.json_response(self._whole())
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for text in self.texts:
            await response.write(f"data: {json.dumps(self._chunk(text))}\n\n".encode())
        await response.write(f"data: {json.dumps(self._usage())}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response

    def _base(self, kind: str) -> dict[str, Any]:
        return {"id": "c1", "object": kind, "created": 1, "model": "m"}

    def _whole(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.texts)}
        if self.chosen:
            message["tool_calls"] = [
                {"id": f"call-{number}", "type": "function", "function": {"name": name, "arguments": text}}
                for number, (name, text) in enumerate(self.chosen)
            ]
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        return {**self._base("chat.completion"), "choices": [choice], "usage": usage}

    def _chunk(self, text: str) -> dict[str, Any]:
        choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
        return {**self._base("chat.completion.chunk"), "choices": [choice]}

    def _usage(self) -> dict[str, Any]:
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        return {**self._base("chat.completion.chunk"), "choices": [], "usage": usage}


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    made = Endpoint()
    app = web.Application()
    app.router.add_post("/{tail:.*}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    made.url = f"http://127.0.0.1:{port}"
    yield made
    await runner.cleanup()
