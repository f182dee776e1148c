"""Waking whoever waits for a run to go on, without asking again and again."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

RunKey = tuple[str, str]


class Waiters:
    """Hold those who wait for news of a run in this process."""

    def __init__(self) -> None:
        self._waiting: defaultdict[RunKey, set[asyncio.Future[None]]] = defaultdict(set)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @contextmanager
    def joined(self, key: RunKey) -> Iterator[asyncio.Future[None]]:
        """Give a future that the next news of the run completes.

        Join first, look second, then wait: news between looking and waiting is not missed.
        """
        future = asyncio.get_running_loop().create_future()
        self._waiting[key].add(future)
        try:
            yield future
        finally:
            self._leave(key, future)

    def _leave(self, key: RunKey, future: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(key, set())
        waiting.discard(future)
        if not waiting:
            self._waiting.pop(key, None)

    def waited(self, key: RunKey) -> bool:
        """Say whether anyone waits for this run."""
        return key in self._waiting

    def wake(self, key: RunKey) -> None:
        """Tell everyone who waits for this run."""
        for future in self._waiting.pop(key, ()):
            if not future.done():
                future.set_result(None)

    def wake_all(self) -> None:
        """Tell everyone, where it is not known which run went on."""
        for key in list(self._waiting):
            self.wake(key)
