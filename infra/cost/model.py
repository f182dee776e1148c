"""The estimate as plain data: resources, their lines, three columns, and what the total lacks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from infra.cost.prices import Price

if TYPE_CHECKING:
    from infra.cost.usage.file import UsageFile

HOURS = 730
SECONDS = HOURS * 3600
DAYS = 30
COLUMNS = ("idle", "expected", "busy")
CENT = Decimal("0.01")
ZERO = Decimal(0)
_THOUSAND = Decimal(1000)


class Status(StrEnum):
    """Say how far a resource could be priced."""

    PRICED = "priced"
    FREE = "free"
    INCLUDED = "included"
    EXTERNAL = "external"
    UNSUPPORTED = "unsupported"
    UNRESOLVED = "unresolved"

    @property
    def unknown(self) -> bool:
        """Say whether what such a resource costs is not known."""
        return self in {Status.UNSUPPORTED, Status.UNRESOLVED}


class Basis(StrEnum):
    """Say whether a quantity stands from the first day on or depends on use."""

    FIXED = "fixed"
    USAGE = "usage"


@dataclass(frozen=True, kw_only=True)
class Line:
    """Hold one thing that is billed: how much of it in each column, and at what price.

    `id` is stable (`<resource name>.<component slug>`). A quantity of None is not known; `granted` is
    what free amounts take off. `formula` says step by step, with numbers, how the quantity came about.
    """

    id: str
    component: str
    meter: str
    unit: str
    basis: Basis
    region: str
    price: Price | None
    quantity: Mapping[str, Decimal | None]
    granted: Mapping[str, Decimal] = field(default_factory=dict)
    formula: tuple[str, ...] = ()

    def billed(self, column: str) -> Decimal | None:
        """Return the quantity that is paid for, free amounts taken off; None where it is not known."""
        quantity = self.quantity[column]
        return None if quantity is None else quantity - self.granted.get(column, ZERO)

    def monthly(self, column: str) -> Decimal | None:
        """Return what the line costs a month, exactly; None where quantity or price is not known."""
        billed = self.billed(column)
        if billed is None:
            return None
        if billed == ZERO:
            return ZERO
        return None if self.price is None else billed * self.price.price


@dataclass(frozen=True, kw_only=True)
class ResourceCost:
    """Hold the lines of one resource, or why it has none."""

    name: str
    type: str
    status: Status
    note: str = ""
    lines: tuple[Line, ...] = ()

    def monthly(self, column: str, basis: Basis | None = None) -> Decimal | None:
        """Return the resource's cost a month; None where a part of it is not known."""
        if self.status.unknown:
            return None
        known = [line.monthly(column) for line in self.lines if basis in {None, line.basis}]
        return None if None in known else sum((one for one in known if one is not None), ZERO)

    def missing(self, column: str) -> tuple[str, ...]:
        """Return, as sentences, what keeps the resource's cost in a column from being known."""
        if self.status.unknown:
            return (f"{self.name} ({self.type}): {self.note}",)
        return tuple(
            f"{self.name}: {_lack(line, column)}" for line in self.lines if line.monthly(column) is None
        )


def _lack(line: Line, column: str) -> str:
    if line.price is None:
        return f"no price for {line.component} ({line.meter}) in {line.region}"
    return f"no usage figure for {line.component} ({line.id}), {column}"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Hold the estimate of a stack. A total holds what is known; `missing` says what it lacks."""

    stack: str
    currency: str
    prices_date: date
    resources: tuple[ResourceCost, ...]
    usage: "UsageFile | None" = None
    columns: tuple[str, ...] = COLUMNS

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return the lines of all resources."""
        return tuple(line for resource in self.resources for line in resource.lines)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Return, as sentences, what any column lacks."""
        found = (sentence for column in self.columns for sentence in self.missing(column))
        return tuple(dict.fromkeys(found))

    @property
    def complete(self) -> bool:
        """Say whether every column holds everything that is or may be billed."""
        return not self.unpriced

    def missing(self, column: str) -> tuple[str, ...]:
        """Return, as sentences, what the total of one column lacks."""
        return tuple(sentence for one in self.resources for sentence in one.missing(column))

    def total(self, column: str, basis: Basis | None = None) -> Decimal:
        """Return the month's cost of a column, exactly, as far as it is known."""
        amounts = (line.monthly(column) for line in self.lines if basis in {None, line.basis})
        return sum((amount for amount in amounts if amount is not None), ZERO)

    def per_day(self, column: str) -> Decimal:
        """Return a day's share of a column's total."""
        return self.total(column) / DAYS

    def conversations_1000(self, basis: Basis | None = Basis.USAGE) -> Decimal | None:
        """Return what 1,000 conversations cost, by default what use alone adds; None without usage."""
        if self.usage is None or not self.usage.conversations_per_day:
            return None
        if self.missing("expected"):
            return None
        conversations = self.usage.conversations_per_day * DAYS
        return self.total("expected", basis) / conversations * _THOUSAND
