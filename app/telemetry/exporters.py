"""Where traces go. What sends them takes seconds of imports: it is made late (see `late`)."""

import os
from collections.abc import Callable

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from app.settings import Settings
from app.telemetry.late import LateExporter

EXPORT_SECONDS = 5
DELAY_MILLISECONDS = 1_000
# The exporter's statistics about itself and its settings: from addresses that nobody configured, or paid for.
OWN_TELEMETRY = (
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED",
)


def build_provider(settings: Settings) -> tuple[TracerProvider, list[LateExporter]]:
    """Build the tracer provider with an exporter for each endpoint, and make it the process's own."""
    server = settings.server
    names = {
        "service.name": server.service,
        "service.version": server.version,
        "deployment.environment.name": server.stage,
    }
    provider = TracerProvider(resource=Resource.create(names), shutdown_on_exit=False)
    exporters = [LateExporter(make) for make in _makers(settings)]
    for exporter in exporters:
        provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                export_timeout_millis=EXPORT_SECONDS * 1_000,
                schedule_delay_millis=DELAY_MILLISECONDS,
            )
        )
    trace.set_tracer_provider(provider)
    return provider, exporters


def _makers(settings: Settings) -> list[Callable[[], SpanExporter]]:
    telemetry = settings.telemetry
    found: list[Callable[[], SpanExporter]] = []
    if endpoint := telemetry.otlp_endpoint:
        found.append(lambda: _otlp(endpoint))
    if connection := telemetry.azure_connection:
        secret, client_id = connection.get_secret_value(), settings.model.azure_client_id
        found.append(lambda: _azure(secret, client_id))
    return found


def _otlp(endpoint: str) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # one of two
        OTLPSpanExporter,
    )

    return OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_SECONDS)


def _azure(connection: str, client_id: str | None) -> SpanExporter:
    for own in OWN_TELEMETRY:
        os.environ.setdefault(own, "true")
    from azure.identity import ManagedIdentityCredential  # noqa: PLC0415  # as above
    from azure.monitor.opentelemetry.exporter import (  # noqa: PLC0415  # one of two, and after the variable
        AzureMonitorTraceExporter,
    )

    # Ingestion takes no key where the component has local authentication off; the identity publishes.
    credential = ManagedIdentityCredential(client_id=client_id) if client_id else None
    # A read-only root file system takes no offline storage.
    return AzureMonitorTraceExporter(
        connection_string=connection, credential=credential, disable_offline_storage=True
    )
