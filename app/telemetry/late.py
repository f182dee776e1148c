"""An exporter that is made when it is needed: spans are kept from the first request on."""

from collections.abc import Callable, Sequence
from threading import Lock

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from typing_extensions import override


class LateExporter(SpanExporter):
    """Send by an exporter whose making takes seconds; one that cannot be made drops what it gets."""

    def __init__(self, make: Callable[[], SpanExporter]) -> None:
        self._make: Callable[[], SpanExporter] | None = make
        self._made: SpanExporter | None = None
        self._making = Lock()

    def prepare(self) -> SpanExporter | None:
        """Return the exporter, made once by whoever comes first; None where it cannot be made."""
        with self._making:
            make, self._make = self._make, None
            if make is not None:
                try:
                    self._made = make()
                except Exception as error:  # noqa: BLE001  # the app works without traces; the log says that it does
                    structlog.get_logger("app.tracing").error("traces are off", reason=repr(error))
            return self._made

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans, after the exporter was made."""
        exporter = self.prepare()
        return SpanExportResult.FAILURE if exporter is None else exporter.export(spans)

    @override
    def shutdown(self) -> None:
        """Shut the exporter down where there is one."""
        if self._made is not None:
            self._made.shutdown()
