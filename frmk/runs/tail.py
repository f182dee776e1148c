"""The newest events of a run that this replica carries on, for its own readers."""

import asyncio
from collections.abc import Sequence

from frmk.events import Event

_KEPT = 2_000


class Tail:
    """Hand stored events to any number of readers; none of them holds the writer up."""

    def __init__(self, after: int) -> None:
        self._before_first = after
        self._events: list[Event] = []
        self._news = asyncio.Event()
        self.ended = False
        self.error: Exception | None = None

    def publish(self, events: Sequence[Event]) -> None:
        """Show events that are stored by now."""
        self._events.extend(events)
        if len(self._events) > 2 * _KEPT:
            self._before_first += len(self._events) - _KEPT
            del self._events[:-_KEPT]
        self._wake()

    def end(self) -> None:
        """Send readers back to the store, or to `error`: this replica writes no more."""
        self.ended = True
        self._wake()

    def since(self, after: int) -> Sequence[Event] | None:
        """Return the events above `after`; None where older ones are asked for than are kept."""
        if after < self._before_first:
            return None
        return self._events[after - self._before_first :]

    async def changed(self) -> None:
        """Return at the next news."""
        await self._news.wait()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
