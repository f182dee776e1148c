"""The latest traces that the components of the stack received."""

from dataclasses import dataclass, field

from infra.twin.monitor.telemetry import Telemetry
from infra.twin.monitor.tree import Trace
from infra.twin.page.model import Listing, TraceRow, clipped

MOST_TRACES = 15


@dataclass
class LatestTraces:
    """Read the traces again after telemetry has arrived."""

    _counts: dict[str, dict[str, int]] | None = None
    _known: Listing[TraceRow] = field(default_factory=Listing)

    def of(self, telemetry: Telemetry) -> Listing[TraceRow]:
        """Return the latest traces, the newest first."""
        counts = telemetry.counts()
        if counts != self._counts:
            self._counts = counts
            self._known = Listing(rows=tuple(_row(one) for one in telemetry.traces(MOST_TRACES)))
        return self._known


def _row(trace: Trace) -> TraceRow:
    return TraceRow(
        operation=trace.operation_id,
        name=clipped(trace.name, 200),
        run=trace.run_id,
        start=trace.start,
        seconds=round(trace.seconds, 3),
        spans=trace.spans,
        failed=trace.failed,
    )
