"""The price under an answer and the estimate come from one table: both sides are imported here."""

from decimal import Decimal

import pytest

from app.prices import read_price_list, turn_cost
from infra.cost.llm import turn_price
from infra.cost.price_list import price_list

USAGE = {"input_tokens": 3501, "output_tokens": 457}
UNITS = Decimal("184.3")


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "gpt-4o-mini", "gpt-5-mini", "gpt-4.1"])
@pytest.mark.parametrize("sku", ["Standard", "GlobalStandard", "DataZoneStandard"])
def test_the_app_and_the_estimate_price_a_turn_alike(model: str, sku: str) -> None:
    known = price_list({model: (model, sku)}, "eastus", serverless=True)
    estimated = turn_price(
        model,
        input_tokens=USAGE["input_tokens"],
        output_tokens=USAGE["output_tokens"],
        request_units=UNITS,
        sku=sku,
    )

    if known is None:
        assert estimated.model is None
        return
    shown = turn_cost(read_price_list(known), {**USAGE, "model": model}, UNITS)
    assert (shown.currency, shown.model, shown.database) == (
        estimated.currency,
        estimated.model,
        estimated.database,
    )
    assert shown.model


def test_on_provisioned_throughput_a_turn_has_no_database_price() -> None:
    known = price_list({"gpt-4.1-mini": ("gpt-4.1-mini", "GlobalStandard")}, "eastus", serverless=False)

    assert known is not None
    assert turn_cost(read_price_list(known), {**USAGE, "model": "gpt-4.1-mini"}, UNITS).database is None


def test_a_model_without_a_price_is_not_told() -> None:
    assert price_list({"house": ("house-model", "GlobalStandard")}, "eastus", serverless=True) is None
