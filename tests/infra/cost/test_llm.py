"""The same turns on every model, and one turn on one."""

from decimal import Decimal

import pytest

from infra.cost.llm import models, turn_price
from tests.infra.cost.plans import cents, gpt, priced, usage

# 15,000 turns of 3,500 tokens in and 450 out: 52.5 M in, 6.75 M out.
MONTH = {
    "gpt-4o-mini": "11.93",
    "gpt-4.1-mini": "31.80",
    "gpt-5-mini": "26.63",
    "gpt-4.1-nano": "7.95",
    "gpt-5-nano": "5.33",
    "gpt-4o": "198.75",
    "gpt-4.1": "159.00",
    "gpt-5": "133.13",
}


def test_each_model_prices_the_same_turns() -> None:
    rows = models(priced(gpt(), usage=usage()))

    rounded = {
        row.model: str(row.monthly["expected"].quantize(Decimal("0.01"), "ROUND_HALF_UP"))
        for row in rows
        if row.monthly["expected"]
    }
    assert rounded == MONTH


def test_the_table_is_sorted_and_says_which_model_is_deployed() -> None:
    rows = models(priced(gpt(), usage=usage()))
    amounts = [row.monthly["expected"] for row in rows]

    assert amounts == sorted(amounts, key=lambda one: one or 0)
    assert [row.model for row in rows if row.deployed] == ["gpt-4.1-mini"]


def test_the_deployed_row_is_the_estimates_own_lines() -> None:
    found = priced(gpt(), usage=usage(turn={"cachedTokens": 800}))
    (own,) = (row for row in models(found) if row.deployed)

    assert own.monthly["expected"] == found.total("expected")
    assert own.monthly["busy"] == found.total("busy")
    assert cents(own.conversations_1000) == cents(found.conversations_1000())


def test_a_model_that_is_not_sold_in_the_region_has_no_price() -> None:
    regional = priced(gpt(sku="Standard"), region="westeurope", usage=usage())
    rows = {row.model: row.monthly["expected"] for row in models(regional)}

    assert rows["gpt-4.1-mini"] == Decimal("52.5") * Decimal("0.528") + Decimal("6.75") * Decimal("2.112")
    assert rows["gpt-4.1"] is None


def test_a_model_of_ones_own_is_in_the_table_though_unpriced() -> None:
    rows = models(priced(gpt("house-model"), usage=usage()))

    assert rows[-1].model == "house-model"
    assert rows[-1].deployed
    assert rows[-1].monthly["expected"] is None


def test_without_usage_there_is_nothing_to_compare() -> None:
    assert models(priced(gpt())) == ()
    assert models(priced(usage=usage())) == ()


def test_a_turn_has_a_price_with_its_parts() -> None:
    turn = turn_price("gpt-4.1-mini", input_tokens=3500, output_tokens=450, request_units=Decimal(184))

    assert turn.model == Decimal("0.00212")
    assert turn.database == Decimal("0.000046")
    assert turn.total == Decimal("0.002166")


@pytest.mark.parametrize(
    ("model", "units", "region"),
    [("house-model", Decimal(1), "eastus"), ("gpt-5", None, "eastus"), ("gpt-5", Decimal(1), "westeurope")],
)
def test_an_unknown_part_makes_no_total(model: str, units: Decimal | None, region: str) -> None:
    turn = turn_price(model, input_tokens=1, output_tokens=1, request_units=units, region=region)

    assert turn.total is None


def test_a_thousand_conversations_cost_a_thousand_times_their_turns() -> None:
    found = priced(gpt(), usage=usage())
    turn = turn_price("gpt-4.1-mini", input_tokens=3500, output_tokens=450, request_units=None)

    assert turn.model is not None
    assert found.conversations_1000() == 1000 * 5 * turn.model
