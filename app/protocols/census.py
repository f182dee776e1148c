"""How many sockets and streams each user holds on this replica."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import TooManyRequestsError

RETRY_SECONDS = 1.0


class Census:
    """Count what is open by user."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def enter(self, user: str, limit: int) -> bool:
        """Count one more; False where the user has `limit` already."""
        if self._open[user] >= limit:
            return False
        self._open[user] += 1
        return True

    def leave(self, user: str) -> None:
        """Count one less."""
        self._open[user] -= 1
        if self._open[user] <= 0:
            del self._open[user]


class Seat:
    """Hold one place among a user's streams until it is given back."""

    def __init__(self, census: Census, user: str) -> None:
        self._census = census
        self._user = user
        self._held = True

    def give_back(self) -> None:
        """Free the place, once."""
        if self._held:
            self._held = False
            self._census.leave(self._user)


@contextmanager
def seat_of(census: Census, user: str, limit: int) -> Iterator[Seat]:
    """Take a place that whoever answers gives back; raise TooManyRequestsError where there is none."""
    if not census.enter(user, limit):
        raise TooManyRequestsError(
            f"You follow {limit} runs by event streams already, as many as are allowed: end one of them.",
            retry_after=RETRY_SECONDS,
        )
    seat = Seat(census, user)
    try:
        yield seat
    except BaseException:
        seat.give_back()
        raise
