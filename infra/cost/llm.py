"""What language models cost: the same usage on each of them, and one turn on one of them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from infra.cost.model import DAYS, ZERO, Estimate
from infra.cost.prices import PriceTable, price_table
from infra.cost.tokens import KINDS, token_meter
from infra.cost.usage.file import UsageFile
from infra.cost.usage.load import MILLION, Load

_METER = re.compile(r"openai-(?P<model>.+)-(?P<sku>[a-z]+)-input")
_THOUSAND = Decimal(1000)


@dataclass(frozen=True, kw_only=True)
class ModelCost:
    """Hold what a month of turns costs on one model; None in a column where a price is missing."""

    model: str
    sku: str
    region: str
    deployed: bool
    monthly: Mapping[str, Decimal | None]
    conversations_1000: Decimal | None


@dataclass(frozen=True, kw_only=True)
class TurnPrice:
    """Hold the parts of one turn's list price; a part of None has no price or no figure."""

    currency: str
    model: Decimal | None
    database: Decimal | None

    @property
    def total(self) -> Decimal | None:
        """Return the whole, None as long as a part is not known."""
        return None if self.model is None or self.database is None else self.model + self.database


def models(found: Estimate, *, prices: PriceTable | None = None) -> tuple[ModelCost, ...]:
    """Return an estimate's turns on every model of the table, cheapest first, unpriced ones last.

    Each is priced with the deployed model's sku, in its region; empty without usage or without a model.
    """
    deployed = next((line for line in found.lines if _METER.fullmatch(line.meter)), None)
    if found.usage is None or deployed is None:
        return ()
    table = prices or price_table()
    own, sku = _named(deployed.meter)
    rows = [
        _model_cost(found.usage, name, sku, deployed.region, table, deployed=name == own)
        for name in dict.fromkeys((own, *_names(table, sku)))
    ]
    return tuple(sorted(rows, key=lambda one: (one.monthly["expected"] is None, one.monthly["expected"])))


def turn_price(
    model: str,
    *,
    input_tokens: int,
    output_tokens: int,
    request_units: Decimal | None,
    cached_tokens: int = 0,
    sku: str = "globalstandard",
    region: str = "eastus",
    prices: PriceTable | None = None,
) -> TurnPrice:
    """Return the list price of one turn. Cached tokens are part of the input ones.

    Request units are priced as serverless: on provisioned throughput a single turn has no price of its own.
    """
    table = prices or price_table()
    tokens = {"input": input_tokens - cached_tokens, "cached": cached_tokens, "output": output_tokens}
    millions = {kind: Decimal(count) / MILLION for kind, count in tokens.items()}
    unit = table.find("cosmos-serverless", region)
    return TurnPrice(
        currency=table.currency,
        model=_tokens_cost(model, sku, region, table, millions),
        database=None if request_units is None or unit is None else request_units / MILLION * unit.price,
    )


def _model_cost(
    usage: UsageFile, name: str, sku: str, region: str, table: PriceTable, *, deployed: bool
) -> ModelCost:
    monthly: dict[str, Decimal | None] = {"idle": ZERO}
    for column, load in Load.columns(usage).items():
        millions = {kind: load.tokens(kind).value for _, kind in KINDS}
        monthly[column] = _tokens_cost(name, sku, region, table, millions)
    expected = monthly["expected"]
    conversations = usage.conversations_per_day * DAYS
    each = expected / conversations * _THOUSAND if expected is not None and conversations else None
    return ModelCost(
        model=name, sku=sku, region=region, deployed=deployed, monthly=monthly, conversations_1000=each
    )


def _tokens_cost(
    name: str, sku: str, region: str, table: PriceTable, millions: Mapping[str, Decimal]
) -> Decimal | None:
    total = ZERO
    for kind, amount in millions.items():
        if not amount:
            continue
        price = table.find(token_meter(name, sku, kind), region)
        if price is None:
            return None
        total += amount * price.price
    return total


def _names(table: PriceTable, sku: str) -> Iterator[str]:
    for name in table.meters:
        found = _METER.fullmatch(name)
        if found and found["sku"] == sku:
            yield found["model"]


def _named(name: str) -> tuple[str, str]:
    found = _METER.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} is no meter of a model's tokens")
    return found["model"], found["sku"]
