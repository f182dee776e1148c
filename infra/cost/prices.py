"""The price table: dated, sourced, read once."""

from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _quoted(value: object) -> object:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is a binary fraction: write a price in quotes")
    return value


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Row):
    """Hold one price and where it comes from."""

    price: Annotated[Decimal, BeforeValidator(_quoted), Field(gt=0)]
    source: Annotated[str, Field(min_length=1)]
    inferred: bool = False


class Meter(_Row):
    """Hold the prices of one meter by region; the region `any` fits all."""

    unit: str
    prices: dict[str, Price]


class PriceTable(_Row):
    """Hold all prices of one date in one currency."""

    date: date
    currency: str
    meters: dict[str, Meter]

    def find(self, meter: str, region: str) -> Price | None:
        """Return the price of a meter in a region; None, never 0, where there is none."""
        known = self.meters.get(meter)
        if known is None:
            return None
        return known.prices.get(region) or known.prices.get("any")


def price_table() -> PriceTable:
    """Return the bundled price table."""
    text = resources.files("infra.cost").joinpath("prices.yaml").read_text(encoding="utf-8")
    return PriceTable.model_validate(yaml.safe_load(text))
