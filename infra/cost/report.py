"""An estimate for people and for programs; the JSON has Infracost's breakdown shape, plus each status."""

from decimal import Decimal
from typing import Any

from infra.cost.estimate import Estimate, Line, ResourceCost
from infra.cost.meters import HOURS, Status

VERSION = "0.2"


def as_json(estimate: Estimate) -> dict[str, Any]:
    """Return the estimate as a breakdown; amounts are decimal strings, or null where there is none."""
    billed = [_resource(one) for one in estimate.resources if one.status is not Status.FREE]
    free = [_resource(one) for one in estimate.resources if one.status is Status.FREE]
    breakdown = {"resources": billed, "freeResources": free, **_totals(estimate)}
    return {
        "version": VERSION,
        "currency": estimate.currency,
        "projects": [{"name": estimate.stack, "metadata": {}, "breakdown": breakdown}],
        **_totals(estimate),
        "complete": estimate.complete,
        "unpriced": list(estimate.unpriced),
        "pricesDate": estimate.prices_date.isoformat(),
        "summary": _summary(estimate),
    }


def as_text(estimate: Estimate) -> str:
    """Return the estimate as a table, with what it lacks."""
    rows = [_row(one, line) for one in estimate.resources for line in one.lines]
    width = max((len(name) for name, _ in rows), default=0)
    table = [f"  {name:<{width}}  {amount}" for name, amount in rows]
    lacking = [f"  no price: {sentence}" for sentence in estimate.unpriced]
    return "\n".join([*table, f"  {summary_line(estimate)}", *lacking])


def summary_line(estimate: Estimate) -> str:
    """Return the price in one line."""
    rest = "complete" if estimate.complete else f"incomplete: {len(estimate.unpriced)} without a price"
    return (
        f"{estimate.monthly} {estimate.currency} a month fixed, use comes on top "
        f"({rest}; list prices of {estimate.prices_date})"
    )


def _row(resource: ResourceCost, line: Line) -> tuple[str, str]:
    name = f"{resource.name}: {line.component.name}"
    if line.price is None:
        return name, "no price"
    if line.monthly is None:
        return name, f"{line.price.price} per {line.component.unit}, by use"
    return name, f"{_money(line.monthly)} a month"


def _resource(resource: ResourceCost) -> dict[str, Any]:
    monthly = resource.monthly
    return {
        "name": resource.name,
        "resourceType": resource.type,
        "status": resource.status,
        "note": resource.note,
        "hourlyCost": None if monthly is None else str(monthly / HOURS),
        "monthlyCost": None if monthly is None else str(monthly),
        "costComponents": [_component(line) for line in resource.lines],
    }


def _component(line: Line) -> dict[str, Any]:
    quantity = line.component.quantity
    monthly = line.monthly
    return {
        "name": line.component.name,
        "unit": line.component.unit,
        "monthlyQuantity": None if quantity is None else str(quantity - line.granted),
        "price": None if line.price is None else str(line.price.price * line.component.factor),
        "monthlyCost": None if monthly is None else str(monthly),
        "usageBased": line.usage_based,
        "priceNotFound": line.price is None,
        "source": None if line.price is None else line.price.source,
        "inferred": line.price is not None and line.price.inferred,
    }


def _totals(estimate: Estimate) -> dict[str, Any]:
    return {
        "totalHourlyCost": str(estimate.monthly / HOURS),
        "totalMonthlyCost": str(estimate.monthly),
        "totalMonthlyUsageCost": None,
    }


def _summary(estimate: Estimate) -> dict[str, int]:
    by_use = [one for one in estimate.resources if any(line.usage_based for line in one.lines)]
    unsupported = sum(one.status is Status.UNSUPPORTED for one in estimate.resources)
    return {
        "totalDetectedResources": len(estimate.resources),
        "totalSupportedResources": len(estimate.resources) - unsupported,
        "totalUnsupportedResources": unsupported,
        "totalUsageBasedResources": len(by_use),
        "totalNoPriceResources": sum(one.status is Status.FREE for one in estimate.resources),
    }


def _money(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01")))
