"""Logs, alerts and the budget."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from infra.options.base import Email, Strict


def _first_of_month(value: date) -> date:
    if value.day != 1:
        raise ValueError("a budget starts on the first of a month, for instance 2026-12-01")
    return value


class LogsConfig(Strict):
    """Bound how long logs stay and how much a day may cost."""

    retention_days: Annotated[int, Field(ge=30, le=730)] = 30
    daily_cap_gb: Annotated[float, Field(gt=0)] = 1


class AlertsConfig(Strict):
    """Say who hears of trouble, and from when on; each alert but that on restarts is off unless set."""

    email: Email | None = None
    restarts: Annotated[int, Field(ge=0)] = 3
    """Restarts of a replica since it was made."""
    server_errors: Annotated[int, Field(ge=0)] | None = None
    """Answers with a status of 500 and above in 15 minutes."""
    latency_ms: Annotated[int, Field(ge=1)] | None = None
    """Milliseconds that answers take on average over 15 minutes."""
    no_replicas: bool = False
    throttling: Annotated[int, Field(ge=0)] | None = None
    """Requests in 15 minutes that the database refused with 429."""


Place = Annotated[str, Field(pattern=r"^[a-z]{2,5}-[a-z]{2}-[a-z0-9]{2,4}-(azr|edge)$")]


class AvailabilityConfig(Strict):
    """Say what is asked from outside, how often and from where; each request from each place is billed."""

    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._~/-]*$")] = "/health/live"
    every_seconds: Literal[300, 600, 900] = 900
    places: Annotated[tuple[Place, ...], Field(min_length=1, max_length=16)] = (
        "us-va-ash-azr",
        "us-ca-sjc-azr",
        "emea-nl-ams-azr",
        "emea-gb-db3-azr",
        "apac-sg-sin-azr",
    )
    below_percent: Annotated[int, Field(ge=1, le=100)] = 60
    """People are told when a smaller part of half an hour's requests succeeds."""


class BudgetConfig(Strict):
    """Bound the month's cost; Azure wants the first of a month as the start."""

    amount: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)]
    start_date: Annotated[date, AfterValidator(_first_of_month)]
    contacts: tuple[Email, ...] = ()
