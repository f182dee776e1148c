"""A good app behind something that spoils it: each promise that breaks is noticed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.verify.golden import verify
from tests.infra.verify.conftest import SUITE, Serving

Spoil = Callable[[Any, bytes], bytes]


def spoiled(spoil: Spoil) -> Callable[[Any], Any]:
    """Wrap an app so that a function sees every piece of every HTTP body."""

    def wrap(app: Any) -> Any:
        async def spoiling(scope: Any, receive: Any, send: Any) -> None:
            async def sent(message: Any) -> None:
                if message["type"] == "http.response.body":
                    message = {**message, "body": spoil(scope, message.get("body", b""))}
                if message["type"] == "http.response.start":
                    headers = [(k, v) for k, v in message["headers"] if k.lower() != b"content-length"]
                    message = {**message, "headers": headers}
                await send(message)

            await app(scope, receive, sent if scope["type"] == "http" else send)

        return spoiling

    return wrap


def status_for_strangers(app: Any) -> Any:
    """Wrap an app so that whoever asks without a token is let in as somebody."""

    async def open_door(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            if message.get("status") == 401:
                message = {**message, "status": 200}
            await send(message)

        await app(scope, receive, sent)

    return open_door


def holes(scope: Any, body: bytes) -> bytes:
    if scope["path"].endswith("/events") and b"event: tool_executing" in body:
        frames = body.split(b"\n\n")
        return b"\n\n".join(frame for frame in frames if b"event: tool_executing" not in frame)
    return body


def renamed(scope: Any, body: bytes) -> bytes:
    return (
        body.replace(b"event: agent_thinking", b"event: thought")
        if scope["path"].endswith("/events")
        else body
    )


def degraded(scope: Any, body: bytes) -> bytes:
    return body.replace(b'"healthy"', b'"degraded"') if scope["path"] == "/health" else body


def gossip(scope: Any, body: bytes) -> bytes:
    """Let everybody's threads hold one more message."""
    if scope["path"].startswith("/api/v1/threads/verify-") and b'"messages"' in body:
        thread = json.loads(body)
        thread["messages"].append({"role": "user", "content": "somebody else's secret"})
        return json.dumps(thread).encode()
    return body


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (holes, "events"),
        (renamed, "message"),
        (degraded, "health"),
        (gossip, "isolation"),
        (gossip, "memory"),
    ],
)
async def test_a_broken_promise_is_noticed(spoil: Spoil, check: str, serving: Serving) -> None:
    async with serving(wrap=spoiled(spoil)) as place:
        report = await verify(place.url, place.tokens, SUITE, limit=20)

    assert check in {failed.name for failed in report.failed()}


async def test_an_open_door_is_noticed(serving: Serving) -> None:
    async with serving(wrap=status_for_strangers) as place:
        report = await verify(place.url, place.tokens, SUITE, limit=20)

    (refusal,) = [failed for failed in report.failed() if failed.name == "refusal"]
    assert "gave HTTP 200, expected 401" in refusal.detail
