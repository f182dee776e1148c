"""What requests cost: counted per operation and thread, as the service says it.

Azure's figure is what it bills. A local database answers with a model's figure, and whoever shows it says so.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

_CHARGE = "x-ms-request-charge"
_THROTTLED = 429


@dataclass(frozen=True, slots=True)
class Charge:
    """Say what one request cost, in request units; retries that were refused are requests too."""

    operation: str
    thread_id: str | None
    request_units: float
    status: int


OnCharge = Callable[[Charge], None]


class _Answer(Protocol):
    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


class PipelineAnswer(Protocol):
    """Take what azure-core hands to a raw response hook."""

    @property
    def http_response(self) -> _Answer:
        """Return the answer as it came."""
        ...


def hook(on_charge: OnCharge, operation: str, thread_id: str | None = None) -> Callable[[Any], None]:
    """Return a `raw_response_hook` that reports every attempt, refused ones included."""

    def report(answer: PipelineAnswer) -> None:
        response = answer.http_response
        units = float(response.headers.get(_CHARGE, 0) or 0)
        on_charge(Charge(operation, thread_id, units, response.status_code))

    return report


@dataclass(slots=True)
class Meter:
    """Add charges up: pass it as `on_charge`, read it, `forget` a thread that is done."""

    requests: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    request_units: float = 0.0
    by_thread: dict[str, float] = field(default_factory=dict)

    def __call__(self, charge: Charge) -> None:
        """Add a charge."""
        self.requests[charge.operation] += 1
        self.throttled += charge.status == _THROTTLED
        self.request_units += charge.request_units
        if charge.thread_id is not None:
            spent = self.by_thread.get(charge.thread_id, 0.0)
            self.by_thread[charge.thread_id] = spent + charge.request_units

    @property
    def total(self) -> int:
        """Return the number of requests."""
        return self.requests.total()

    def forget(self, thread_id: str) -> float:
        """Return what a thread cost, and keep it no longer."""
        return self.by_thread.pop(thread_id, 0.0)
