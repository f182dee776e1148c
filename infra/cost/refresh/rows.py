"""The rows of the Retail Prices API, reduced to the price that is in effect."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from infra.cost.prices import RetailMeter
from infra.cost.refresh.client import RetailError


@dataclass(frozen=True, kw_only=True)
class Row:
    """Hold one price of the API: where, from which quantity on, since when."""

    region: str
    sku: str
    meter: str
    tier: Decimal
    price: Decimal
    unit: str
    start: date
    primary: bool


@dataclass(frozen=True, kw_only=True)
class Found:
    """Hold the price of a meter in a region, in the meter's own unit."""

    price: Decimal
    start: date


def rows(items: Iterable[dict[str, Any]], today: date) -> Iterator[Row]:
    """Yield the rows in effect today; those that start later or are over are left out."""
    for item in items:
        try:
            row, end = _row(item), item.get("effectiveEndDate")
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise RetailError(f"a row has no usable {error}: {item!s:.160}") from None
        if (
            row.start <= today
            and (not end or _day(end) > today)
            and item.get("type", "Consumption") == "Consumption"
        ):
            yield row


def prices(found: Iterable[Row], meter: RetailMeter) -> dict[str, Found]:
    """Return a meter's price by region, at the tier that the meter names; raise RetailError.

    Tiers come unordered, and one price may come under several skus: the latest row of the tier counts,
    the primary one of the region first.
    """
    own = [row for row in found if row.meter == meter.meter and row.sku == meter.sku]
    units = {row.unit for row in own}
    if len(units) > 1:
        raise RetailError(f"{meter.meter} is sold by several units: {', '.join(sorted(units))}")
    regions: dict[str, list[Row]] = {}
    for row in own:
        if row.tier == meter.tier:
            regions.setdefault(row.region, []).append(row)
    return {region: _latest(region, tiers, meter) for region, tiers in sorted(regions.items())}


def tiers(found: Iterable[Row], meter: RetailMeter, region: str) -> list[Decimal]:
    """Return from which quantities on a meter has a price in a region, ascending."""
    return sorted(
        {row.tier for row in found if (row.meter, row.sku, row.region) == (meter.meter, meter.sku, region)}
    )


def _latest(region: str, same: list[Row], meter: RetailMeter) -> Found:
    best = max((row.primary, row.start) for row in same)
    amounts = {row.price for row in same if (row.primary, row.start) == best}
    if len(amounts) > 1:
        told = ", ".join(f"{amount:f}" for amount in sorted(amounts))
        raise RetailError(f"{meter.meter} in {region} has several prices since {best[1]}: {told}")
    return Found(price=amounts.pop() * meter.scale, start=best[1])


def _row(item: dict[str, Any]) -> Row:
    return Row(
        region=str(item["armRegionName"] or item.get("location") or ""),
        sku=str(item["skuName"]),
        meter=str(item["meterName"]),
        tier=Decimal(str(item.get("tierMinimumUnits") or 0)),
        price=Decimal(str(item["retailPrice"])),
        unit=unit(str(item["unitOfMeasure"])),
        start=_day(str(item["effectiveStartDate"])),
        primary=bool(item.get("isPrimaryMeterRegion", True)),
    )


def unit(text: str) -> str:
    """Return one form of a unit that the API writes in several: `1/Hour` and `1 Hour` are `1 hour`."""
    return " ".join(re.split(r"[\s/]+", text.strip().lower()))


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])
