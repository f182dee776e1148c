"""How open streams and sockets learn that the server goes away."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic


class Departure:
    """Tell everyone who asked to be told, once, that this replica is leaving."""

    def __init__(self) -> None:
        self._callbacks: set[Callable[[], None]] = set()
        self._left = asyncio.Event()
        self._gone = asyncio.Event()
        self._gone.set()
        self._since = 0.0

    def elapsed(self) -> float:
        """Return for how many seconds the server has been leaving."""
        return monotonic() - self._since if self.announced else 0.0

    @property
    def announced(self) -> bool:
        """Say whether the server is leaving."""
        return self._left.is_set()

    @contextmanager
    def told(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call back when the server leaves, at once if it has; hold the departure open meanwhile."""
        self._callbacks.add(callback)
        self._gone.clear()
        if self.announced:
            callback()
        try:
            yield
        finally:
            self._callbacks.discard(callback)
            if not self._callbacks:
                self._gone.set()

    async def announce(self, within: float) -> None:
        """Tell everyone, and wait up to `within` seconds until they have finished."""
        self._left.set()
        self._since = monotonic()
        for callback in tuple(self._callbacks):
            callback()
        try:
            await asyncio.wait_for(self._gone.wait(), within)
        except TimeoutError:
            return
