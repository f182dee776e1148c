"""One socket: reads frames, follows runs, keeps silence short, and closes with the right code."""

import asyncio
import json
from contextlib import suppress
from http import HTTPStatus
from time import monotonic
from typing import Any, NamedTuple

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from app.auth import Identity
from app.errors import ApiError, MalformedJsonError, RunNotWaitingError, TooManyRequestsError, as_api_error
from app.messages.starting import start_run
from app.protocols.following import following
from app.protocols.websocket.frames import (
    CancelFrame,
    FollowFrame,
    Frame,
    MessageFrame,
    PingFrame,
    ResumeFrame,
    frame_id,
    parse_frame,
)
from app.services import Services
from app.strict_json import parse_json
from frmk.errors import RunOverError

BROKEN_RULES = 10
SEND_SECONDS = 30
MISTAKES = frozenset({400, 422})


class Close(NamedTuple):
    """Say how a socket ends; code 0 where the client has gone already."""

    code: int
    reason: str = ""


GONE = Close(0)
GOING_AWAY = Close(1001, "server going away: connect again and follow from the last seq")
RULE_BROKEN = Close(1008, "too many frames that break the rules")
TOO_SLOW = Close(1008, "the client does not read")
TOO_BIG = Close(1009, "frame too big")
DEFECT = Close(1011, "the server failed")
NO_FRAME = Close(4408, "no frame since connecting")


class SocketSession:
    """Serve one authenticated client until it leaves, the server leaves, or a rule is broken too often."""

    def __init__(self, websocket: WebSocket, services: Services, identity: Identity) -> None:
        self._websocket = websocket
        self._services = services
        self._identity = identity
        self._limits = services.settings.limits
        self._end: asyncio.Future[Close] = asyncio.get_running_loop().create_future()
        self._sending = asyncio.Lock()
        self._sent_at = monotonic()
        self._mistakes = 0
        self._owners: dict[str, str] = {}
        self._follows: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> Close:
        """Serve the client and return how it ended."""
        workers = [asyncio.create_task(self._read()), asyncio.create_task(self._beat())]
        for worker in workers:
            worker.add_done_callback(self._failed)
        try:
            return await self._end
        finally:
            tasks = [*workers, *self._follows.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def leave(self) -> None:
        """End the session because the server goes away."""
        self._finish(GOING_AWAY)

    def _finish(self, close: Close) -> None:
        if not self._end.done():
            self._end.set_result(close)

    def _failed(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, WebSocketDisconnect | WebSocketDisconnected):
            self._finish(GONE)
        elif error is not None:
            structlog.get_logger("app.websocket").error("socket failed", exc_info=error)
            self._finish(DEFECT)

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(self._limits.first_frame_seconds):
                message = await self._websocket.receive()
        except TimeoutError:
            return self._finish(NO_FRAME)
        while message["type"] == "websocket.receive":
            await self._take(message)
            message = await self._websocket.receive()
        return self._finish(GONE)

    async def _take(self, message: Any) -> None:
        size = len(message.get("bytes") or (message.get("text") or "").encode("utf-8"))
        if size > self._limits.body_bytes:
            return self._finish(TOO_BIG)
        seen: Any = None
        try:
            self._services.limiter.admit(self._identity.user)
            seen = parse_json(_text(message), depth=self._limits.json_depth)
            await self._serve(parse_frame(seen))
            self._mistakes = 0
        except (WebSocketDisconnect, WebSocketDisconnected):
            raise
        except Exception as error:  # noqa: BLE001  # told to the client by name; defects are logged below
            await self._refuse(error, frame_id(seen))
        return None

    async def _refuse(self, error: Exception, request: str | int | None) -> None:
        seen = as_api_error(error)
        if seen.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, ApiError):
            structlog.get_logger("app.websocket").error("frame failed", exc_info=error)
        await self._send({"type": "error", **_with_id(request), **seen.body()})
        if seen.status_code in MISTAKES:
            self._mistakes += 1
            if self._mistakes >= BROKEN_RULES:
                self._finish(RULE_BROKEN)

    async def _serve(self, frame: Frame) -> None:
        if isinstance(frame, PingFrame):
            return await self._send({"type": "pong", **_with_id(frame.id)})
        user = self._user(frame)
        match frame:
            case MessageFrame():
                await self._message(frame, user)
            case FollowFrame():
                run = await self._services.engine.run(user, frame.run_id)
                self._room(run.run_id)
                await self._accept(frame, run.run_id, run.thread_id)
                if not run.over or frame.after < run.last_seq:
                    self._follow(user, run.run_id, frame.after)
            case CancelFrame():
                run = await self._services.engine.cancel(user, frame.run_id)
                await self._accept(frame, run.run_id, run.thread_id)
            case ResumeFrame():
                run = await self._services.engine.run(user, frame.run_id)
                if run.over:
                    raise RunOverError(run.run_id, run.status)
                raise RunNotWaitingError(run.run_id, run.status)
        return None

    async def _message(self, frame: MessageFrame, user: str) -> None:
        self._room()
        run = await start_run(self._services, user, frame, frame.thread_id)
        self._owners[run.run_id] = user
        await self._accept(frame, run.run_id, run.thread_id)
        self._follow(user, run.run_id, 0)

    def _user(self, frame: Frame) -> str:
        if frame.user_id is None and not isinstance(frame, MessageFrame | PingFrame):
            return self._owners.get(frame.run_id, self._identity.user)
        return self._identity.speaking_for(frame.user_id)

    def _room(self, run_id: str | None = None) -> None:
        limit = self._limits.follows_per_socket
        if run_id not in self._follows and len(self._follows) >= limit:
            raise TooManyRequestsError(
                f"This socket follows {limit} runs already, as many as are allowed: wait until one is over.",
                retry_after=1,
            )

    async def _accept(self, frame: Frame, run_id: str, thread_id: str) -> None:
        await self._send({"type": "accepted", **_with_id(frame.id), "run_id": run_id, "thread_id": thread_id})

    def _follow(self, user: str, run_id: str, after: int) -> None:
        if earlier := self._follows.pop(run_id, None):
            earlier.cancel()
        task = asyncio.create_task(self._tell(user, run_id, after))
        self._follows[run_id] = task
        task.add_done_callback(lambda done: self._told(run_id, done))

    def _told(self, run_id: str, task: asyncio.Task[None]) -> None:
        if self._follows.get(run_id) is task:
            del self._follows[run_id]
            self._owners.pop(run_id, None)
        self._failed(task)

    async def _tell(self, user: str, run_id: str, after: int) -> None:
        try:
            async with following(self._services, user, run_id, after) as tail:
                async for batch in tail.batches():
                    for event in batch:
                        await self._send_text(event.line)
        except (WebSocketDisconnect, WebSocketDisconnected):
            raise
        except Exception as error:  # noqa: BLE001  # the run may vanish while it is followed: told by name
            await self._refuse(error, None)

    async def _beat(self) -> None:
        while True:
            silent = monotonic() - self._sent_at
            if silent >= self._limits.heartbeat_seconds:
                await self._send({"type": "heartbeat"})
                silent = 0.0
            await asyncio.sleep(self._limits.heartbeat_seconds - silent)

    async def _send(self, frame: dict[str, Any]) -> None:
        await self._send_text(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))

    async def _send_text(self, text: str) -> None:
        async with self._sending:
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._websocket.send_text(text)
            except TimeoutError:
                return self._finish(TOO_SLOW)
            self._sent_at = monotonic()
        return None


async def close_socket(websocket: WebSocket, close: Close) -> None:
    """Close with a code unless the client has gone; a peer that does not take it is left."""
    if close.code:
        with suppress(WebSocketDisconnect, WebSocketDisconnected, RuntimeError, TimeoutError):
            async with asyncio.timeout(SEND_SECONDS):
                await websocket.close(close.code, close.reason)


def _text(message: Any) -> bytes:
    text = message.get("text")
    if text is None:
        raise MalformedJsonError("The frame is binary; send JSON as text.")
    return bytes(text.encode("utf-8"))


def _with_id(request: str | int | None) -> dict[str, str | int]:
    return {} if request is None else {"id": request}
