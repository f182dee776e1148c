"""What an answer says of its price: tokens and request units at the list prices that the app was told."""

import json
from collections.abc import AsyncIterator, Collection
from decimal import Decimal
from typing import Any

import pytest

from app.database.charges import Charges
from app.priced import PricedExecutor
from app.prices import PriceList, read_price_list, turn_cost
from app.settings import ConfigurationError, read_settings
from frmk.events import EventDraft, EventType
from frmk.runs.executor import Turn
from frmk.runs.ids import thread_key

LIST = {"currency": "USD", "models": {"small": {"input": "0.40", "output": "1.60"}}, "requestUnits": "0.25"}
USAGE = {"model": "small", "input_tokens": 3500, "output_tokens": 450, "total_tokens": 3950}
TURN = Turn(run_id="r", user="u", thread_id="t", goal="g", message="m", context={}, attempt=1)


class OneAnswer:
    def goals(self) -> Collection[str]:
        return ("g",)

    async def forget(self, user: str, thread_id: str) -> None:
        return None

    async def execute(self, turn: Turn) -> AsyncIterator[EventDraft]:
        sub = {"parent_run_id": "a0", "message": "part"}
        yield EventDraft(type=EventType.AGENT_COMPLETED, agent="planner", data=sub)
        top = {"parent_run_id": None, "message": "done", "usage": USAGE}
        yield EventDraft(type=EventType.AGENT_COMPLETED, agent="supervisor", data=top)


class Asked:
    operation, status = "read", 200

    def __init__(self, thread_id: str, request_units: float) -> None:
        self.thread_id, self.request_units = thread_id, request_units


def prices(**change: Any) -> PriceList:
    return read_price_list(json.dumps({**LIST, **change}))


async def usage_told(known: PriceList | None, charges: Charges | None) -> dict[str, Any]:
    drafts = [draft async for draft in PricedExecutor(OneAnswer(), known, charges).execute(TURN)]
    assert drafts[0].data == {"parent_run_id": "a0", "message": "part"}
    assert drafts[1].data["message"] == "done"
    return dict(drafts[1].data["usage"])


def spent() -> Charges:
    charges = Charges("https://localhost:8081/")
    for units in (60.0, 4.5):
        charges(Asked(thread_key("u", "t"), units))
    charges(Asked(thread_key("u", "other"), 1000.0))
    return charges


async def test_an_answer_says_what_it_took_and_what_that_costs() -> None:
    told = await usage_told(prices(), spent())

    assert told["total_tokens"] == 3950
    assert told["request_units"] == 64.5
    assert told["request_units_modelled"] is True
    assert {name: Decimal(told["price"][name]) for name in ("model", "database", "total")} == {
        "model": Decimal("0.00212"),
        "database": Decimal("0.000016125"),
        "total": Decimal("0.002136125"),
    }


async def test_request_units_are_counted_on_until_the_run_is_over() -> None:
    charges = spent()
    await usage_told(prices(), charges)

    assert charges.take(thread_key("u", "t")).request_units == 64.5


async def test_a_model_without_a_price_has_none_and_the_rest_is_said() -> None:
    told = await usage_told(prices(models={}), spent())

    assert told["price"]["model"] is None
    assert told["price"]["total"] == told["price"]["database"]


async def test_without_prices_and_a_database_the_usage_stays_as_it_was() -> None:
    assert await usage_told(None, None) == USAGE


def test_a_provisioned_database_has_no_price_of_a_request() -> None:
    known = read_price_list(json.dumps({"currency": "USD", "models": {}}))

    assert turn_cost(known, USAGE, Decimal(64)).wire()["total"] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the text"),
        (json.dumps({**LIST, "models": {"small": {"input": "-1", "output": "1"}}}), r"models\.small\.input"),
        (json.dumps({**LIST, "price": 1}), "price"),
        (json.dumps({**LIST, "currency": "dollars"}), "currency"),
    ],
)
def test_an_unusable_list_is_refused_at_start(text: str, message: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"SEATRIAL_PRICES is refused: it is no price list: {message}"
    ):
        read_settings({"SEATRIAL_AUTH": "open", "SEATRIAL_PRICES": text})
