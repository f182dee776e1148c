"""Traces to an OTLP endpoint and to Azure Monitor, set up beside the start and never in its way."""

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

import structlog

from app.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

DELAY_SECONDS = 1.0
FLUSH_MILLISECONDS = 2_000


class Tracing:
    """Hold the tracer once there is one; until then, and without an endpoint, nothing is traced."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._provider: TracerProvider | None = None
        self.tracer: Tracer | None = None

    @property
    def wanted(self) -> bool:
        """Say whether the settings name any endpoint."""
        telemetry = self._settings.telemetry
        return bool(telemetry.otlp_endpoint or telemetry.azure_connection)

    async def open(self) -> None:
        """Set up the exporters in a thread: their imports take seconds."""
        if not self.wanted:
            return
        # Imports hold up every other thread: the first requests go first.
        await asyncio.sleep(DELAY_SECONDS)
        try:
            self._provider = await asyncio.to_thread(_provider, self._settings)
        except Exception as error:  # noqa: BLE001  # the app works without traces; the log says that it does
            structlog.get_logger("app.tracing").error(
                "traces are off", reason=repr(error)
            )  # its trace helps nobody
            return
        self.tracer = self._provider.get_tracer("seatrial")

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


def _provider(settings: Settings) -> "TracerProvider":
    provider: TracerProvider = import_module("app.telemetry.exporters").build_provider(settings)
    return provider
