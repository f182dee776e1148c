"""What a turn costs at the list prices that the deployment told the app."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

MILLION = 10**6
Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


class TokenPrices(_Row):
    """Hold a model's prices of a million tokens."""

    input: Amount
    output: Amount
    cached: Amount | None = None


class PriceList(_Row):
    """Hold prices by model, and of a million request units where the database bills them."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    models: dict[str, TokenPrices]
    request_units: Amount | None = None


@dataclass(frozen=True, kw_only=True)
class TurnCost:
    """Hold the parts of one turn's list price; a part of None has none."""

    currency: str
    model: Decimal | None
    database: Decimal | None

    def wire(self) -> dict[str, Any]:
        """Return the price as clients read it: decimal strings, null where there is none."""
        known = [part for part in (self.model, self.database) if part is not None]
        return {
            "currency": self.currency,
            "model": None if self.model is None else f"{self.model:f}",
            "database": None if self.database is None else f"{self.database:f}",
            "total": f"{sum(known, Decimal(0)):f}" if known else None,
            "basis": "list",
        }


def read_price_list(text: str) -> PriceList:
    """Return the price list that a variable holds; ValueError where it is unusable."""
    try:
        return PriceList.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the text"
        raise ValueError(f"it is no price list: {where}: {first['msg']}") from None


def turn_cost(prices: PriceList, usage: Mapping[str, Any], request_units: Decimal | None) -> TurnCost:
    """Return what a turn's tokens and request units cost; a model without a price has none."""
    own = prices.models.get(str(usage.get("model")))
    tokens = None
    if own is not None:
        taken = Decimal(usage.get("input_tokens") or 0) * own.input
        tokens = (taken + Decimal(usage.get("output_tokens") or 0) * own.output) / MILLION
    database = None
    if request_units is not None and prices.request_units is not None:
        database = request_units * prices.request_units / MILLION
    return TurnCost(currency=prices.currency, model=tokens, database=database)
