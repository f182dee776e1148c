"""Logs, alerts and the budget."""

from datetime import date
from decimal import Decimal
from typing import Annotated

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
    """Say who hears of trouble, and from how many restarts in 15 minutes on."""

    email: Email | None = None
    restarts: Annotated[int, Field(ge=0)] = 3


class BudgetConfig(Strict):
    """Bound the month's cost; Azure wants the first of a month as the start."""

    amount: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)]
    start_date: Annotated[date, AfterValidator(_first_of_month)]
    contacts: tuple[Email, ...] = ()
