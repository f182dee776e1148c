"""What the database's requests cost: totals for the metrics, and each run's part for its log line.

The charge is what the service says. A database that is not Azure's says what a model says, and every figure
that comes from one is labelled so.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

AZURE = (".documents.azure.com", ".documents.azure.cn", ".documents.azure.us")
MOST_THREADS = 10_000


class Charge(Protocol):
    """Be one answered request, as the saver and the run store report it."""

    @property
    def operation(self) -> str:
        """Name what was done."""
        ...

    @property
    def thread_id(self) -> str | None:
        """Name whose state it was, as the caller knows it."""
        ...

    @property
    def request_units(self) -> float:
        """Return what the service charged."""
        ...

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        ...


@dataclass(frozen=True, slots=True)
class Spent:
    """Hold what a thread cost since it was last asked for."""

    requests: int = 0
    request_units: float = 0.0


class Charges(Collector):
    """Add up charges; Prometheus reads them off as they stand."""

    def __init__(self, endpoint: str) -> None:
        host = urlsplit(endpoint).hostname or ""
        self.modelled = not host.endswith(AZURE)
        self._requests: Counter[tuple[str, str]] = Counter()
        self._units: Counter[str] = Counter()
        self._threads: dict[str, Spent] = {}

    def __call__(self, charge: Charge) -> None:
        """Count one request."""
        self._requests[charge.operation, str(charge.status)] += 1
        self._units[charge.operation] += charge.request_units  # type: ignore[assignment]  # a counter of floats
        if charge.thread_id is not None:
            self._add(charge.thread_id, charge.request_units)

    @property
    def total(self) -> float:
        """Return the request units of all requests so far."""
        return sum(self._units.values())

    def spent(self, thread_id: str) -> Spent:
        """Return what a thread cost since it was last taken."""
        return self._threads.get(thread_id, Spent())

    def take(self, thread_id: str) -> Spent:
        """Return what a thread cost and begin anew."""
        return self._threads.pop(thread_id, Spent())

    def collect(self) -> Iterable[Metric]:
        """Yield the totals in Prometheus' form."""
        source = "modelled" if self.modelled else "azure"
        requests = CounterMetricFamily(
            "seatrial_cosmos_requests",
            "Requests to the database, refused ones included",
            labels=("operation", "status", "source"),
        )
        for (operation, status), count in self._requests.items():
            requests.add_metric((operation, status, source), count)
        units = CounterMetricFamily(
            "seatrial_cosmos_request_units",
            "Request units that the database charged; a model's figure where source says so",
            labels=("operation", "source"),
        )
        for operation, charged in self._units.items():
            units.add_metric((operation, source), charged)
        return (requests, units)

    def _add(self, thread_id: str, units: float) -> None:
        before = self._threads.pop(thread_id, Spent())
        self._threads[thread_id] = Spent(before.requests + 1, before.request_units + units)
        if len(self._threads) > MOST_THREADS:
            del self._threads[next(iter(self._threads))]
