"""How many sockets each user holds on this replica."""

from collections import Counter


class SocketCensus:
    """Count open sockets by user."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def enter(self, user: str, limit: int) -> bool:
        """Count one more socket; False where the user has `limit` already."""
        if self._open[user] >= limit:
            return False
        self._open[user] += 1
        return True

    def leave(self, user: str) -> None:
        """Count one socket less."""
        self._open[user] -= 1
        if self._open[user] <= 0:
            del self._open[user]
