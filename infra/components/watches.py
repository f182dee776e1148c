"""What the alerts watch: metrics of Azure's, and from when on people are told. Imports no Pulumi.

Names, aggregations and dimensions as in
https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/metrics-index
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from infra.options.watching import AlertsConfig, AvailabilityConfig

APP = "Microsoft.App/containerApps"
DATABASE = "Microsoft.DocumentDB/databaseAccounts"
TELEMETRY = "Microsoft.Insights/components"


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Hold one alert on one metric of one kind of resource."""

    name: str
    target: str
    metric: str
    aggregation: Literal["Average", "Count", "Maximum", "Minimum", "Total"]
    threshold: int
    advice: str
    operator: Literal["GreaterThan", "LessThan"] = "GreaterThan"
    dimensions: dict[str, str] = field(default_factory=dict)
    window: str = "PT15M"
    severity: int = 2


def watches(config: AlertsConfig) -> Iterator[Watch]:
    """Yield what a stack's alerts watch: restarts always, the rest where the stack file says so."""
    # The count never falls while a replica lives: its sum over a window would grow with the window alone.
    yield Watch(
        name="restarts",
        target=APP,
        metric="RestartCount",
        aggregation="Maximum",
        threshold=config.restarts,
        advice="A replica keeps restarting: look at its console log and at the startup probe.",
    )
    if config.server_errors is not None:
        yield Watch(
            name="server-errors",
            target=APP,
            metric="Requests",
            aggregation="Total",
            threshold=config.server_errors,
            dimensions={"statusCodeCategory": "5xx"},
            advice="The app answers with 5xx: look at AppExceptions and at the console log.",
        )
    if config.latency_ms is not None:
        yield Watch(
            name="latency",
            target=APP,
            metric="ResponseTime",
            aggregation="Average",
            threshold=config.latency_ms,
            advice="Answers take long: look at the slowest spans of AppDependencies.",
        )
    if config.no_replicas:
        yield Watch(
            name="no-replicas",
            target=APP,
            metric="Replicas",
            aggregation="Maximum",
            operator="LessThan",
            threshold=1,
            window="PT5M",
            severity=1,
            advice="No replica runs: look at ContainerAppSystemLogs for pulls and probes that failed.",
        )
    if config.throttling is not None:
        yield Watch(
            name="throttling",
            target=DATABASE,
            metric="TotalRequests",
            aggregation="Count",
            threshold=config.throttling,
            dimensions={"StatusCode": "429"},
            advice="The database refuses requests with 429: raise maxThroughput, or find the hot partition.",
        )


def reachability(config: AvailabilityConfig, test: str) -> Watch:
    """Return what watches the results of an availability test."""
    return Watch(
        name="availability",
        target=TELEMETRY,
        metric="availabilityResults/availabilityPercentage",
        aggregation="Average",
        operator="LessThan",
        threshold=config.below_percent,
        dimensions={"availabilityResult/name": test},
        window="PT30M",
        severity=1,
        advice="The app is not reached from outside: AppAvailabilityResults has places and reasons.",
    )
