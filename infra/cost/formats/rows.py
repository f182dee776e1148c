"""The rows that the table and the Markdown share, and the sources that they name by number."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.cost.formats.amounts import money, partial, plain, quantity
from infra.cost.model import Basis, Estimate, Line, ResourceCost, Status
from infra.cost.prices import Price

if TYPE_CHECKING:
    from decimal import Decimal

EXPECTED = "expected"
NO_PRICE = "no price"


@dataclass
class Sources:
    """Number the sources of prices in the order of their first use."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, price: Price) -> int:
        """Return the number of a price's source."""
        return self.numbers.setdefault(cited(price), len(self.numbers) + 1)

    def listed(self) -> list[str]:
        """Return the sources as lines."""
        return [f"[{number}] {source}" for source, number in self.numbers.items()]


def cited(price: Price) -> str:
    """Return where a price comes from, since when it is in effect, and whether it is inferred."""
    date = "" if price.date is None else f", {price.date.isoformat()}"
    return f"{price.source}{date}{' (inferred)' if price.inferred else ''}"


@dataclass(frozen=True)
class Row:
    """Hold the cells of one line; amounts are those of the columns, in their order."""

    component: str
    basis: str
    unit: str
    quantity: str
    price: str
    source: str
    amounts: tuple[str, ...]


def line_row(line: Line, columns: tuple[str, ...], sources: Sources) -> Row:
    """Return a line's row."""
    return Row(
        component=line.component,
        basis=line.basis.value,
        unit=line.unit,
        quantity=quantity(line.billed(EXPECTED)),
        price=NO_PRICE if line.price is None else plain(line.price.price),
        source="" if line.price is None else f"[{sources.number(line.price)}]",
        amounts=tuple(money(line.monthly(column)) for column in columns),
    )


def resource_amounts(resource: ResourceCost, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a resource costs in each column, or its status where that says more."""
    if resource.status is not Status.PRICED:
        return tuple("" for _ in columns)
    return tuple(money(resource.monthly(column)) for column in columns)


def kind(resource: ResourceCost) -> str:
    """Return a resource's type without the provider."""
    return resource.type.removeprefix("azure-native:")


def unbilled(estimate: Estimate) -> Iterator[tuple[Status, list[ResourceCost]]]:
    """Yield, by status, the resources that have no line of their own."""
    for status in Status:
        found = [one for one in estimate.resources if one.status is status and not one.lines]
        if found:
            yield status, found


def totals(estimate: Estimate) -> list[tuple[str, tuple[str, ...]]]:
    """Return the rows at the table's foot: fixed, use, the month, the day."""
    rows: list[tuple[str, Callable[[str], Decimal]]] = [
        ("fixed", lambda column: estimate.total(column, Basis.FIXED)),
        ("use", lambda column: estimate.total(column, Basis.USAGE)),
        ("a month", estimate.total),
        ("a day", estimate.per_day),
    ]
    known = {column: not estimate.missing(column) for column in estimate.columns}
    return [
        (name, tuple(partial(amount(column), complete=known[column]) for column in estimate.columns))
        for name, amount in rows
    ]


def verdict(estimate: Estimate) -> str:
    """Return one sentence on how far the total may be believed."""
    lacking = len(estimate.unpriced)
    if not lacking:
        return f"complete; list prices of {estimate.prices_date} in {estimate.currency}"
    return (
        f"incomplete: {lacking} {'thing has' if lacking == 1 else 'things have'} no known cost and "
        f"{'is' if lacking == 1 else 'are'} not in the totals (+?); "
        f"list prices of {estimate.prices_date} in {estimate.currency}"
    )


def conversations(estimate: Estimate) -> str | None:
    """Return what 1,000 conversations cost, use alone and with a share of what stands; None if unknown."""
    use, whole = estimate.conversations_1000(), estimate.conversations_1000(None)
    if use is None or whole is None:
        return None
    currency = estimate.currency
    return f"1,000 conversations cost {money(use)} {currency} by use, {money(whole)} with all that stands"
