"""The price table: dated, sourced, read once."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

ANYWHERE = "any"


def _quoted(value: object) -> object:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is a binary fraction: write a price in quotes")
    return value


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Row):
    """Hold one price, where it comes from, and the date on which it is known to have been in effect."""

    price: Annotated[Decimal, BeforeValidator(_quoted), Field(gt=0)]
    source: Annotated[str, Field(min_length=1)]
    date: dt.date | None = None
    inferred: bool = False


class RetailMeter(_Row):
    """Name the rows of the Azure Retail Prices API that a meter's prices are read from.

    `tier` is the `tierMinimumUnits` of the row taken; `scale` is what the row's price is multiplied by
    to fit the meter's unit. `region` is set where the API knows the meter under one name only (Global).
    """

    service: str
    product: str
    sku: str | None = None
    meter: str
    tier: Annotated[Decimal, BeforeValidator(_quoted)] = Decimal(0)
    scale: Annotated[Decimal, BeforeValidator(_quoted)] = Decimal(1)
    region: str | None = None


class Meter(_Row):
    """Hold the prices of one meter by region; the region `any` fits all."""

    unit: str
    retail: RetailMeter | None = None
    prices: dict[str, Price] = {}


class PriceTable(_Row):
    """Hold all prices of one date in one currency."""

    date: dt.date
    currency: str
    meters: Mapping[str, Meter]

    def find(self, meter: str, region: str) -> Price | None:
        """Return the price of a meter in a region; None, never 0, where there is none."""
        known = self.meters.get(meter)
        if known is None:
            return None
        return known.prices.get(region) or known.prices.get(ANYWHERE)


@cache
def price_table() -> PriceTable:
    """Return the bundled price table, read once."""
    text = resources.files("infra.cost").joinpath("prices.yaml").read_text(encoding="utf-8")
    return PriceTable.model_validate(yaml.load(text, Loader=yaml.CSafeLoader))
