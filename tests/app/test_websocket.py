"""`/ws` on a real port, with a genuine client."""

import asyncio
import json
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.tickets.secrets import SecretBook
from frmk.errors import StoreError

PATIENCE_SECONDS = 30


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {
        **environment,
        "SEATRIAL_GRACE_SECONDS": "0.5",
        "SEATRIAL_HEARTBEAT_SECONDS": "0.2",
        "SEATRIAL_FIRST_FRAME_SECONDS": "0.6",
        "SEATRIAL_SOCKETS_PER_USER": "2",
        "SEATRIAL_FOLLOWS_PER_SOCKET": "2",
    }


@pytest.fixture
async def ws(server: SimpleNamespace, ann: dict[str, str]) -> Any:
    async with connect(server.ws, additional_headers=ann) as socket:
        yield socket


async def say(socket: ClientConnection, **frame: Any) -> None:
    await socket.send(json.dumps(frame))


async def hear(socket: ClientConnection) -> dict[str, Any]:
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_SECONDS))
        if frame["type"] != "heartbeat":
            return dict(frame)


async def hear_to_the_end(socket: ClientConnection) -> list[dict[str, Any]]:
    frames = [await hear(socket)]
    while not frames[-1].get("final"):
        frames.append(await hear(socket))
    return frames


async def closed_with(socket: ClientConnection) -> int:
    with suppress(ConnectionClosed):
        while True:
            await asyncio.wait_for(socket.recv(), PATIENCE_SECONDS)
    return socket.close_code or 0


async def test_a_message_is_accepted_and_then_its_events_come(ws: ClientConnection) -> None:
    await say(ws, type="message", message="hello", thread_id="t1", id="q1")

    accepted, *events = await hear_to_the_end(ws)

    assert accepted == {"type": "accepted", "id": "q1", "run_id": events[0]["run_id"], "thread_id": "t1"}
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["data"]["message"] == "You said: hello"


async def test_a_ping_is_answered_with_its_id(ws: ClientConnection) -> None:
    await say(ws, type="ping", id=7)

    assert await hear(ws) == {"type": "pong", "id": 7}


async def test_silence_brings_heartbeats(ws: ClientConnection) -> None:
    await say(ws, type="ping")
    await hear(ws)

    assert json.loads(await asyncio.wait_for(ws.recv(), 1)) == {"type": "heartbeat"}


async def test_a_run_is_followed_from_a_number_on(ws: ClientConnection) -> None:
    await say(ws, type="message", message="hello")
    accepted, *events = await hear_to_the_end(ws)

    await say(ws, type="follow", run_id=accepted["run_id"], after=4, id="f")
    again, *rest = await hear_to_the_end(ws)

    assert again["type"] == "accepted"
    assert again["id"] == "f"
    assert rest == events[4:]


async def test_a_run_is_cancelled_over_the_socket(ws: ClientConnection) -> None:
    await say(ws, type="message", message="wait forever", thread_id="t")
    run_id = (await hear(ws))["run_id"]
    await say(ws, type="cancel", run_id=run_id, id="c")

    frames = await hear_to_the_end(ws)
    frames += [] if any(frame["type"] == "accepted" for frame in frames) else [await hear(ws)]

    assert {"type": "accepted", "id": "c", "run_id": run_id, "thread_id": "t"} in frames
    assert [frame["data"]["error"] for frame in frames if frame.get("final")] == ["Cancelled"]


async def test_resuming_a_run_that_does_not_wait_is_refused_by_name(ws: ClientConnection) -> None:
    await say(ws, type="message", message="wait forever")
    run_id = (await hear(ws))["run_id"]
    await say(ws, type="resume", run_id=run_id, answer="yes", id="r")

    frame = await hear(ws)
    while frame["type"] != "error":
        frame = await hear(ws)

    assert (frame["id"], frame["error"]) == ("r", "RunNotWaitingError")


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ('{"type": "message", "id": 5}', "InvalidRequestError"),
        ('{"type": "dance", "id": 5}', "InvalidRequestError"),
        ('{"type": "message", "message": "x", "thread_id": "a/b", "id": 5}', "InvalidRequestError"),
        ('{"type": "message", "message": "x", "goal": "nope", "id": 5}', "FieldError"),
        ('{"type": "follow", "run_id": "run-unknown", "id": 5}', "RunNotFoundError"),
        ('{"type": "follow", "run_id": "x", "after": -1, "id": 5}', "InvalidRequestError"),
        ('{"type": "cancel", "run_id": "run-unknown", "id": 5}', "RunNotFoundError"),
    ],
)
async def test_a_frame_that_cannot_be_served_is_answered_and_the_socket_stays(
    ws: ClientConnection, frame: str, error: str
) -> None:
    await ws.send(frame)

    answer = await hear(ws)

    assert (answer["type"], answer["error"], answer["id"]) == ("error", error, 5)
    await say(ws, type="ping")
    assert await hear(ws) == {"type": "pong"}


@pytest.mark.parametrize("frame", ["{", "NaN", "[1]", b"{}", "[" * 1_000 + "]" * 1_000, '{"type": {}}'])
async def test_a_malformed_frame_is_answered_and_the_socket_stays(
    ws: ClientConnection, frame: str | bytes
) -> None:
    await ws.send(frame)

    assert (await hear(ws))["error"] in {"MalformedJsonError", "InvalidRequestError"}
    await say(ws, type="ping")
    assert await hear(ws) == {"type": "pong"}


async def test_breaking_rules_again_and_again_closes_with_1008(ws: ClientConnection) -> None:
    for _ in range(10):
        await ws.send("{")

    assert await closed_with(ws) == 1008


async def test_a_busy_thread_is_an_error_and_not_a_close(ws: ClientConnection) -> None:
    await say(ws, type="message", message="wait forever", thread_id="busy")
    await say(ws, type="message", message="me too", thread_id="busy", id=2)

    frame = await hear(ws)
    while frame["type"] != "error":
        frame = await hear(ws)

    assert (frame["error"], frame["id"]) == ("ThreadBusyError", 2)


async def test_following_too_many_runs_is_an_error(ws: ClientConnection) -> None:
    for thread in "abc":
        await say(ws, type="message", message="wait forever", thread_id=thread)

    frame = await hear(ws)
    while frame["type"] != "error":
        frame = await hear(ws)

    assert frame["error"] == "TooManyRequestsError"


@pytest.mark.parametrize("size", [1_100_000, 10_000_000])
async def test_a_frame_above_the_bound_closes_with_1009(ws: ClientConnection, size: int) -> None:
    await say(ws, type="ping")  # a first frame that is late closes with another code
    await hear(ws)
    with suppress(ConnectionClosed):  # which may come before the frame is out
        await say(ws, type="message", message="x" * size)

    assert await closed_with(ws) == 1009


async def test_nobody_is_accepted_and_then_closed_with_4401(server: SimpleNamespace) -> None:
    async with connect(server.ws) as socket:
        assert await closed_with(socket) == 4401


async def test_no_frame_after_connecting_closes_with_4408(ws: ClientConnection) -> None:
    assert await closed_with(ws) == 4408


async def test_the_third_socket_of_a_user_is_closed_with_1013(
    server: SimpleNamespace, ws: ClientConnection, ann: dict[str, str], bob: dict[str, str]
) -> None:
    async with (
        connect(server.ws, additional_headers=ann),
        connect(server.ws, additional_headers=ann) as third,
        connect(server.ws, additional_headers=bob) as other,
    ):
        assert await closed_with(third) == 1013
        await say(other, type="ping")
        assert await hear(other) == {"type": "pong"}


async def test_the_server_says_1001_when_it_leaves(ws: ClientConnection, server: SimpleNamespace) -> None:
    await say(ws, type="message", message="wait forever")
    await hear(ws)
    server.uvicorn.should_exit = True

    assert await closed_with(ws) == 1001
    await asyncio.wait_for(server.task, 10)


async def test_a_socket_that_closes_in_mid_run_loses_nothing(
    server: SimpleNamespace, ann: dict[str, str], backend: Any
) -> None:
    async with connect(server.ws, additional_headers=ann) as socket:
        await say(socket, type="message", message="wait gate")
        run_id = (await hear(socket))["run_id"]
    backend.executor.gate("gate").set()

    async with connect(server.ws, additional_headers=ann) as socket:
        await say(socket, type="follow", run_id=run_id)
        assert (await hear_to_the_end(socket))[-1]["data"]["message"] == "You said: wait gate"


async def test_the_bearer_subprotocol_is_selected(server: SimpleNamespace, signer: Any) -> None:
    async with connect(
        server.ws, subprotocols=[Subprotocol("bearer"), Subprotocol(signer.token("ann"))]
    ) as socket:
        assert socket.subprotocol == "bearer"
        await say(socket, type="ping")
        assert await hear(socket) == {"type": "pong"}


async def test_a_ticket_opens_one_socket_once(server: SimpleNamespace, ann: dict[str, str]) -> None:
    async with httpx.AsyncClient(verify=False, base_url=server.url, headers=ann) as http:
        ticket = (await http.post("/api/v1/tickets")).json()["ticket"]

    async with connect(f"{server.ws}?ticket={ticket}") as socket:
        await say(socket, type="ping")
        assert await hear(socket) == {"type": "pong"}
    async with connect(f"{server.ws}?ticket={ticket}") as again:
        assert await closed_with(again) == 4401


async def test_another_user_cannot_follow_the_run(
    server: SimpleNamespace, ws: ClientConnection, bob: dict[str, str]
) -> None:
    await say(ws, type="message", message="hello")
    run_id = (await hear(ws))["run_id"]

    async with connect(server.ws, additional_headers=bob) as socket:
        await say(socket, type="follow", run_id=run_id)
        assert (await hear(socket))["error"] == "RunNotFoundError"


async def test_a_store_that_fails_while_signing_in_closes_with_1013(
    server: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: Any) -> None:
        raise StoreError("it is gone", store="memory")

    monkeypatch.setattr(SecretBook, "session_user", gone)

    async with connect(server.ws, additional_headers={"Cookie": "seatrial_session=x"}) as socket:
        assert await closed_with(socket) == 1013
