"""How often someone may come: token buckets, bounded in number."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from app.errors import TooManyRequestsError

KEYS = 10_000


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class Rate:
    """Let each key through `burst` times at once and `per_second` times a second after that.

    The longest unseen key is forgotten when there are too many: a flood of addresses cannot fill the memory.
    """

    def __init__(self, *, per_second: float, burst: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str) -> float:
        """Count one visit; return 0 where it is allowed, else the seconds until the next one is."""
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(float(self._burst), now))
        self._buckets.move_to_end(key)
        if len(self._buckets) > KEYS:
            self._buckets.popitem(last=False)
        bucket.level = min(self._burst, bucket.level + (now - bucket.at) * self._per_second)
        bucket.at = now
        if bucket.level < 1:
            return (1 - bucket.level) / self._per_second
        bucket.level -= 1
        return 0.0


class Limiter:
    """Bound what users ask for and what strangers may try."""

    def __init__(self, *, users: Rate, strangers: Rate) -> None:
        self._users = users
        self._strangers = strangers

    def admit(self, user: str) -> None:
        """Count a request of this user; raise TooManyRequestsError past the bound."""
        wait = self._users.take(user)
        if wait:
            raise TooManyRequestsError(
                f"Too many requests: the next one is allowed in {wait:.1f} s.", retry_after=wait
            )

    def failed(self, address: str) -> None:
        """Count a failure to sign in from this address; raise TooManyRequestsError past the bound."""
        wait = self._strangers.take(address)
        if wait:
            raise TooManyRequestsError(
                f"Too many failures to sign in from this address: try again in {wait:.1f} s.",
                retry_after=wait,
            )
