"""Watching runs that other processes carry on: one reader a run, ever slower while nothing happens."""

import asyncio
from collections.abc import Awaitable, Callable

from frmk.errors import StoreError
from frmk.runs.cosmos_payload import Doc
from frmk.runs.waiters import RunKey, Waiters

ReadRun = Callable[[str, str], Awaitable[Doc | None]]

_FIRST_SECONDS = 0.1
_LONGEST_SECONDS = 1.0
_SLOWER = 1.5


def stands(run: Doc | None) -> tuple[int, bool] | None:
    """Return what followers wait to see change: the last number, and whether the run is under way."""
    return None if run is None else (run["last_seq"], "lease_until" in run)


class Watch:
    """Wake the followers of a run when its item shows news, as long as there are any."""

    def __init__(self, waiters: Waiters, read: ReadRun) -> None:
        self._waiters = waiters
        self._read = read
        self._tasks: dict[RunKey, asyncio.Task[None]] = {}

    def begin(self, key: RunKey, seen: Doc) -> None:
        """Watch the run from what was seen of it, unless it is being watched."""
        task = self._tasks.get(key)
        if task is None or task.done():
            self._tasks[key] = asyncio.create_task(self._watch(key, stands(seen)))

    async def close(self) -> None:
        """Stop watching."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    async def _watch(self, key: RunKey, seen: tuple[int, bool] | None) -> None:
        pause = _FIRST_SECONDS
        try:
            while True:
                await asyncio.sleep(pause)
                if not self._waiters.waited(key):
                    return
                if stands(await self._read(*key)) != seen:
                    return
                pause = min(_LONGEST_SECONDS, pause * _SLOWER)
        except StoreError:
            return  # whoever follows reads the run next, and is told
        finally:
            self._waiters.wake(key)
            if self._tasks.get(key) is asyncio.current_task():
                del self._tasks[key]
