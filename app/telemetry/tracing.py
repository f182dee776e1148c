"""Traces to an OTLP endpoint and to Azure Monitor: recorded from the first request on, sent later."""

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

import structlog

from app.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

    from app.telemetry.late import LateExporter

DELAY_SECONDS = 1.0
FLUSH_MILLISECONDS = 2_000


class Tracing:
    """Hold the tracer where an endpoint is named; without one, nothing is traced."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._provider: TracerProvider | None = None
        self._exporters: list[LateExporter] = []
        self.tracer: Tracer | None = None

    @property
    def wanted(self) -> bool:
        """Say whether the settings name any endpoint."""
        telemetry = self._settings.telemetry
        return bool(telemetry.otlp_endpoint or telemetry.azure_connection)

    def open(self) -> None:
        """Begin to record."""
        if self.wanted:
            build = import_module("app.telemetry.exporters").build_provider
            self._provider, self._exporters = build(self._settings)
            self.tracer = self._provider.get_tracer("seatrial")

    async def prepare(self) -> None:
        """Make the exporters in a thread, a little later: their imports hold up the first requests."""
        if self._exporters:
            await asyncio.sleep(DELAY_SECONDS)
        for exporter in self._exporters:
            await asyncio.to_thread(exporter.prepare)

    async def close(self) -> None:
        """Send what is left, for a bounded time."""
        provider = self._provider
        if provider is None:
            return
        self.tracer = None
        try:
            async with asyncio.timeout(FLUSH_MILLISECONDS / 1_000):
                await asyncio.to_thread(provider.force_flush, FLUSH_MILLISECONDS)
        except TimeoutError:
            structlog.get_logger("app.tracing").warning("the last traces were not sent in time")
