"""Throttling: the RU/s that a container has, and faults on demand for tests."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from infra.twin.database.problems import THROTTLED, CosmosProblem

_MESSAGE = (
    "The request rate is too large. Please retry after sometime. Learn more: http://aka.ms/cosmosdb-error-429"
)
_REFUSED_CHARGE = 0.38


def throttled(after_ms: int) -> CosmosProblem:
    """Return the refusal that tells the SDK when to try again (ms)."""
    problem = CosmosProblem(
        429, _MESSAGE, sub_status=THROTTLED, headers={"x-ms-retry-after-ms": str(after_ms)}
    )
    problem.charge = _REFUSED_CHARGE
    return problem


class Faults(BaseModel):
    """Say what goes wrong on demand: so many throttled requests, so much latency, how far the clock is off.

    `operations` and `container` choose the requests; empty means all.
    """

    model_config = ConfigDict(extra="forbid")

    throttle: int = Field(default=0, ge=0, le=1_000_000)
    after_ms: int = Field(default=10, ge=0, le=60_000)
    latency_ms: int = Field(default=0, ge=0, le=60_000)
    clock_offset_seconds: float = Field(default=0, ge=0, le=10 * 365 * 86_400)
    operations: tuple[str, ...] = ()
    container: str = ""

    def hits(self, operation: str, container: str) -> bool:
        """Say whether a request is one of those chosen."""
        wanted = not self.operations or operation in self.operations
        return wanted and (not self.container or self.container == container)


@dataclass
class Limits:
    """Count requests and charges, and refuse what is over a container's RU/s.

    The window is one second, as the service's is; what a request costs is known when it is done, so a
    request is refused when the charges before it have used the second up.
    """

    clock: Callable[[], float]
    faults: Faults = field(default_factory=Faults)
    requests: Counter[str] = field(default_factory=Counter)
    charges: Counter[str] = field(default_factory=Counter)
    charges_of: Counter[str] = field(default_factory=Counter)
    """What each operation has cost (RU)."""
    throttled: Counter[str] = field(default_factory=Counter)
    _windows: dict[str, tuple[int, float]] = field(default_factory=dict)

    def admit(self, operation: str, container: str, bucket: str, throughput: int | None) -> None:
        """Raise CosmosProblem 429 when a request must wait; `bucket` is whose RU/s they are."""
        if self.faults.throttle > 0 and self.faults.hits(operation, container):
            self.faults.throttle -= 1
            self.throttled[container] += 1
            raise throttled(self.faults.after_ms)
        second, used = self._windows.get(bucket, (0, 0.0))
        now = self.clock()
        if throughput is None or second != math.floor(now) or used < throughput:
            return
        self.throttled[container] += 1
        raise throttled(max(1, math.ceil((math.floor(now) + 1 - now) * 1000)))

    def count(self, operation: str, container: str, bucket: str, charge: float) -> None:
        """Note a request and its charge (RU)."""
        self.requests[operation] += 1
        if not container:
            return
        self.charges[container] += charge  # type: ignore[assignment]  # Counter adds any number
        self.charges_of[operation] += charge  # type: ignore[assignment]  # likewise
        now = math.floor(self.clock())
        second, used = self._windows.get(bucket, (0, 0.0))
        self._windows[bucket] = (now, charge + (used if second == now else 0.0))

    def reset(self) -> None:
        """Forget counts and faults."""
        self.faults = Faults()
        for counter in (self.requests, self.charges, self.charges_of, self.throttled):
            counter.clear()

    def report(self) -> dict[str, Any]:
        """Return the counts; charges are modelled (RU)."""
        return {
            "requests": dict(self.requests),
            "request_charge_modelled": {name: round(total, 2) for name, total in self.charges.items()},
            "throttled": dict(self.throttled),
            "faults": self.faults.model_dump(),
        }
