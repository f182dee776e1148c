"""The few prices that the app itself needs, to say under an answer what the turn cost."""

import json
from collections.abc import Mapping
from typing import Any

from infra.cost.prices import PriceTable, price_table
from infra.cost.tokens import KINDS, token_meter


def price_list(
    deployed: Mapping[str, tuple[str, str]],
    region: str,
    *,
    serverless: bool,
    prices: PriceTable | None = None,
) -> str | None:
    """Return the list as JSON, per million tokens and request units; None where no model has a price.

    `deployed` maps deployments to model and sku. Only a serverless database has a price of a request: on
    provisioned throughput a turn has none.
    """
    table = prices or price_table()
    found = {name: _tokens(table, model, sku, region) for name, (model, sku) in deployed.items()}
    models = {name: tokens for name, tokens in found.items() if tokens is not None}
    if not models:
        return None
    units = table.find("cosmos-serverless", region) if serverless else None
    content: dict[str, Any] = {"currency": table.currency, "models": models}
    if units is not None:
        content["requestUnits"] = str(units.price)
    return json.dumps(content, separators=(",", ":"))


def _tokens(table: PriceTable, model: str, sku: str, region: str) -> dict[str, str] | None:
    found = {kind: table.find(token_meter(model, sku, kind), region) for _, kind in KINDS}
    if found["input"] is None or found["output"] is None:
        return None
    return {kind: str(price.price) for kind, price in found.items() if price}
