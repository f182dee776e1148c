"""The two sides of a comparison in Infracost's breakdown shape."""

from decimal import Decimal
from typing import Any

from infra.cost.change.difference import Difference
from infra.cost.change.snapshot import Item, Snapshot
from infra.cost.model import HOURS, Basis

COLUMN = "expected"


def past(before: Snapshot | None) -> dict[str, Any]:
    """Return what was before as a breakdown; without a comparison an empty one."""
    if before is None:
        return {"resources": [], **totals(None, None)}
    items: dict[str, list[Item]] = {}
    for item in before.items:
        items.setdefault(item.resource, []).append(item)
    resources = [_resource(name, [_past_component(one) for one in own]) for name, own in items.items()]
    return {"resources": resources, **totals(before.total(COLUMN), before.total(COLUMN, Basis.USAGE))}


def changed(change: Difference | None) -> dict[str, Any]:
    """Return the differences as a breakdown; without a comparison an empty one."""
    if change is None:
        return {"resources": [], **totals(None, None)}
    steps: dict[str, list[dict[str, Any]]] = {}
    for step in change.changed:
        component = _bare(step.item, _moved(step.before, step.after), step.amount(COLUMN))
        steps.setdefault(step.item.resource, []).append(component)
    resources = [_resource(name, components) for name, components in steps.items()]
    return {"resources": resources, **totals(change.amount(COLUMN), change.amount(COLUMN, Basis.USAGE))}


def _moved(before: Item | None, after: Item | None) -> Decimal | None:
    sides = [Decimal(0) if side is None else side.quantity.get(COLUMN) for side in (before, after)]
    return None if sides[0] is None or sides[1] is None else sides[1] - sides[0]


def _past_component(item: Item) -> dict[str, Any]:
    return _bare(item, item.quantity.get(COLUMN), item.monthly.get(COLUMN))


def _bare(item: Item, quantity: Decimal | None, monthly: Decimal | None) -> dict[str, Any]:
    return {
        "name": item.component,
        "unit": item.unit,
        "hourlyQuantity": text(hourly(quantity)),
        "monthlyQuantity": text(quantity),
        "price": None,
        "hourlyCost": text(hourly(monthly)),
        "monthlyCost": text(monthly),
        "usageBased": item.basis is Basis.USAGE,
        "priceNotFound": monthly is None,
    }


def _resource(name: str, components: list[dict[str, Any]]) -> dict[str, Any]:
    known = [Decimal(one["monthlyCost"]) for one in components if one["monthlyCost"] is not None]
    monthly = sum(known, Decimal(0)) if len(known) == len(components) else None
    return {
        "name": name,
        "metadata": {},
        "hourlyCost": text(hourly(monthly)),
        "monthlyCost": text(monthly),
        "costComponents": components,
    }


def totals(monthly: Decimal | None, usage: Decimal | None) -> dict[str, str | None]:
    """Return the totals that every breakdown ends with."""
    return {
        "totalHourlyCost": text(hourly(monthly)),
        "totalMonthlyCost": text(monthly),
        "totalMonthlyUsageCost": text(usage),
    }


def hourly(amount: Decimal | None) -> Decimal | None:
    """Return an hour's share of a month."""
    return None if amount is None else amount / HOURS


def text(amount: Decimal | None) -> str | None:
    """Return a number as JSON readers of the shape want it: a string without an exponent."""
    return None if amount is None else f"{amount:f}"
