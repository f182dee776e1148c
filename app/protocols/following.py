"""Follow a run: events that are ready together, silences, and the server's departure."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, cast

from app.services import Services
from frmk.events import Event

BACKLOG = 256


class Following:
    """Hand out a run's events in batches; ends after the final one, or when the server leaves."""

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self._ready: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._ended = False
        self._left = False
        self._error: BaseException | None = None

    async def batches(self) -> AsyncIterator[list[Event]]:
        """Yield what is ready; an empty batch says that nothing happened for the time of silence."""
        while not self._left:
            if batch := list(self._ready):
                self._ready.clear()
                self._room.set()
                yield batch
            elif self._error is not None:
                raise self._error
            elif self._ended:
                return
            elif not await self._woken():
                yield []

    async def _woken(self) -> bool:
        try:
            async with asyncio.timeout(self._silence):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True

    def leave(self) -> None:
        """End the batches without waiting for the run."""
        self._left = True
        self._wake.set()

    async def pump(self, events: AsyncIterator[Event]) -> None:
        """Fill the backlog from the engine; a reader that is slow holds this up, not the run."""
        try:
            async with aclosing(cast("Any", events)):
                async for event in events:
                    self._ready.append(event)
                    self._wake.set()
                    if len(self._ready) >= BACKLOG:
                        self._room.clear()
                        await self._room.wait()
        except Exception as error:  # noqa: BLE001  # handed to the reader, who raises it
            self._error = error
        self._ended = True
        self._wake.set()


@asynccontextmanager
async def following(
    services: Services, user: str, run_id: str, after: int, *, linger: float = 0.0
) -> AsyncIterator[Following]:
    """Follow a run until its final event; when the server leaves, for `linger` seconds more."""
    tail = Following(services.settings.limits.heartbeat_seconds)
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(tail.pump(services.engine.follow(user, run_id, after)))

    def leave() -> None:
        if linger:
            loop.call_later(linger, tail.leave)
        else:
            tail.leave()

    services.metrics.streams.inc()
    try:
        with services.departure.told(leave):
            yield tail
    finally:
        services.metrics.streams.dec()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
