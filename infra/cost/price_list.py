"""The few prices that the app itself needs, to say under an answer what the turn cost."""

import json
from typing import Any

from infra.cost.prices import PriceTable, price_table
from infra.cost.tokens import KINDS, token_meter


def price_list(
    model: str, sku: str, region: str, *, serverless: bool, prices: PriceTable | None = None
) -> str | None:
    """Return the list as JSON, per million tokens and request units; None where the model has no price.

    Only a serverless database has a price of a request: on provisioned throughput a turn has none.
    """
    table = prices or price_table()
    found = {kind: table.find(token_meter(model, sku, kind), region) for _, kind in KINDS}
    if found["input"] is None or found["output"] is None:
        return None
    tokens = {kind: str(price.price) for kind, price in found.items() if price}
    units = table.find("cosmos-serverless", region) if serverless else None
    content: dict[str, Any] = {"currency": table.currency, "models": {model: tokens}}
    if units is not None:
        content["requestUnits"] = str(units.price)
    return json.dumps(content, separators=(",", ":"))
