"""What is counted; labels hold no user, no thread and no free text."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.registry import Collector

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Hold the counters of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "seatrial_requests", "HTTP requests", ("method", "route", "status"), registry=self.registry
        )
        self.request_seconds = Histogram(
            "seatrial_request_seconds",
            "Time until a response began",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.runs = Counter("seatrial_runs", "Runs that ended here", ("outcome",), registry=self.registry)
        self.run_seconds = Histogram(
            "seatrial_run_seconds", "Time a run took here", buckets=SECONDS, registry=self.registry
        )
        self.tools = Counter("seatrial_tools", "Tool calls", ("tool", "outcome"), registry=self.registry)
        self.tokens = Counter(
            "seatrial_tokens", "Tokens of models", ("model", "kind"), registry=self.registry
        )
        self.refused = Counter("seatrial_refused", "Failures to sign in", registry=self.registry)
        self.streams = Gauge("seatrial_streams", "Runs being followed", registry=self.registry)
        self.sockets = Gauge("seatrial_sockets", "Open WebSockets", registry=self.registry)

    @contextmanager
    def showing(self, collector: Collector | None) -> Iterator[None]:
        """Show what a collector counts, for as long as the block lasts."""
        if collector is None:
            yield
            return
        self.registry.register(collector)
        try:
            yield
        finally:
            self.registry.unregister(collector)
