"""New prices: what is asked, what is believed, what is refused, what is written."""

import asyncio
import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from aiohttp import web

from infra.cost.prices import PriceTable
from infra.cost.refresh.client import RetailClient, RetailError
from infra.cost.refresh.proposal import Proposal, propose
from infra.cost.refresh.rows import rows, tiers, unit
from infra.cost.refresh.write import TableFileError, edited, save
from tests.infra.cost.refresh.conftest import RetailApi, item

TODAY = dt.date(2026, 11, 21)
TABLE = """\
# The table's own comment.
date: 2026-01-01
currency: USD
meters:
  node:   # hours of a node
    unit: hour
    retail: {service: "Service", product: "Product", sku: "Standard", meter: "Node"}
    prices:
      eastus: {price: "0.10", inferred: true, source: "a guess"}  # keep this word
      westeurope: {price: "0.20", source: "seen"}
  logs:
    unit: GB
    retail: {service: "Service", product: "Product", sku: "Standard", meter: "Logs", tier: "5"}
    prices: {}
  link:
    unit: hour
    retail: {service: "Service", product: "Product", sku: "Standard", meter: "Link", region: "Global"}
    prices: {any: {price: "0.01", source: "seen"}}
  tokens:
    unit: 1M tokens
    retail: {service: "Service", product: "Model's", sku: "Standard", meter: "In", scale: "1000"}
    prices: {any: {price: "0.40", source: "seen"}}
  own:
    unit: piece
    prices: {any: {price: "3", source: "a contract"}}
"""
ITEMS = [
    item("eastus", "Node", 0.11),
    item("westeurope", "Node", 0.2),
    item("westus2", "Node", 0.15, effectiveStartDate="2025-02-01T00:00:00Z"),
    item("eastus", "Logs", 2.3, tierMinimumUnits=5.0),
    item("eastus", "Logs", 0.0, tierMinimumUnits=0.0),
    item("Global", "Link", 0.01),
    item("eastus", "In", 0.0004, productName="Model's", unitOfMeasure="1K"),
    item("swedencentral", "In", 0.0004, productName="Model's", unitOfMeasure="1K"),
]


def with_items(*more: dict[str, Any], without: Collection[str] = ()) -> list[dict[str, Any]]:
    return [*(one for one in ITEMS if one["meterName"] not in without), *more]


def table(text: str = TABLE) -> PriceTable:
    return PriceTable.model_validate(yaml.safe_load(text))


def asked(api: RetailApi, **options: Any) -> Proposal:
    with httpx.Client(trust_env=False) as http:
        return propose(table(), RetailClient(http, api.url, wait=0.01).items, TODAY, **options)


async def proposal(items: list[dict[str, Any]], *moods: web.Response, **options: Any) -> Proposal:
    api = RetailApi(items)
    api.moods = list(moods)
    async with api.serving():
        return await asyncio.to_thread(asked, api, **options)


def after(found: Proposal, meter: str) -> dict[str, Decimal]:
    return {edit.region: edit.after.price for edit in found.edits if edit.meter == meter}


async def test_prices_are_read_over_pages_tiers_scales_and_regions() -> None:
    found = await proposal(ITEMS)

    assert found.refusals == {}
    assert after(found, "node") == {
        "eastus": Decimal("0.11"),
        "westeurope": Decimal("0.2"),
        "westus2": Decimal("0.15"),
    }
    assert after(found, "logs") == {"eastus": Decimal("2.3")}
    assert after(found, "link") == {"any": Decimal("0.01")}
    assert after(found, "tokens") == {"any": Decimal("0.4")}
    assert found.unmapped == ["own"]


async def test_the_filter_quotes_and_keeps_the_case() -> None:
    api = RetailApi(ITEMS)
    async with api.serving():
        await asyncio.to_thread(asked, api)

    assert set(api.asked) == {
        "serviceName eq 'Service' and productName eq 'Product' and priceType eq 'Consumption'",
        "serviceName eq 'Service' and productName eq 'Model''s' and priceType eq 'Consumption'",
    }


async def test_a_future_an_ended_and_a_reserved_row_do_not_count() -> None:
    found = await proposal(
        with_items(
            item("eastus", "Node", 9.0, effectiveStartDate="2027-01-01T00:00:00Z"),
            item("eastus", "Node", 8.0, effectiveEndDate="2025-01-01T00:00:00Z"),
            item("eastus", "Node", 7.0, type="Reservation"),
        )
    )

    assert after(found, "node")["eastus"] == Decimal("0.11")


async def test_the_latest_row_wins_and_the_primary_one_first() -> None:
    found = await proposal(
        with_items(
            item("eastus", "Node", 0.12, effectiveStartDate="2026-01-01T00:00:00Z"),
            item(
                "eastus", "Node", 0.5, effectiveStartDate="2026-06-01T00:00:00Z", isPrimaryMeterRegion=False
            ),
        )
    )
    (edit,) = (one for one in found.edits if (one.meter, one.region) == ("node", "eastus"))

    assert edit.after.price == Decimal("0.12")
    assert edit.after.date == dt.date(2026, 1, 1)


async def test_two_prices_since_one_day_are_refused() -> None:
    with pytest.raises(
        RetailError, match=r"Node in eastus has several prices since 2024-05-01: 0\.11, 0\.13"
    ):
        await proposal(with_items(item("eastus", "Node", 0.13)))


async def test_two_units_of_one_meter_are_refused() -> None:
    with pytest.raises(RetailError, match="several units: 1 day, 1 hour"):
        await proposal(with_items(item("japaneast", "Node", 0.13, unitOfMeasure="1/Day")))


def test_a_unit_has_one_form() -> None:
    assert unit("1/Hour") == unit("1 Hour") == "1 hour"


def test_tiers_are_sorted() -> None:
    found = list(rows(ITEMS, TODAY))
    logs = table().meters["logs"].retail
    assert logs is not None

    assert tiers(found, logs, "eastus") == [Decimal(0), Decimal(5)]


async def test_a_busy_server_is_asked_again() -> None:
    busy = web.Response(status=429, headers={"Retry-After": "0"})
    down = web.Response(status=503, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})

    found = await proposal(ITEMS, busy, down)

    assert after(found, "link") == {"any": Decimal("0.01")}


async def test_a_server_that_stays_busy_is_given_up() -> None:
    with pytest.raises(RetailError, match="still answers HTTP 429 after 6 tries"):
        await proposal(ITEMS, *(web.Response(status=429, headers={"Retry-After": "0"}) for _ in range(6)))


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        (
            lambda: web.Response(status=400, text="Invalid priceType"),
            "refused with HTTP 400: Invalid priceType",
        ),
        (lambda: web.Response(text="<html>"), "answered no JSON"),
        (lambda: web.json_response({"Count": 0}), "without a list 'Items'"),
        (lambda: web.json_response({"Items": [{"meterName": "x"}]}), "a row has no usable"),
    ],
)
async def test_what_is_no_price_list_is_refused(mood: Any, said: str) -> None:
    with pytest.raises(RetailError, match=said):
        await proposal(ITEMS, mood())


async def test_a_next_page_on_another_host_is_not_followed() -> None:
    api = RetailApi(ITEMS)
    api.next_host = "localhost"
    async with api.serving():
        with pytest.raises(RetailError, match="another host, 'localhost'"):
            await asyncio.to_thread(asked, api)


async def test_pages_without_an_end_are_given_up() -> None:
    api = RetailApi(ITEMS)
    async with api.serving():
        same = {"Items": [], "NextPageLink": f"{api.url}?x=1"}
        api.moods = [web.json_response(same) for _ in range(3)]
        with pytest.raises(RetailError, match="pages without an end"):
            await asyncio.to_thread(asked, api)


async def test_a_server_that_is_not_there_is_named() -> None:
    api = RetailApi(ITEMS)
    async with api.serving():
        pass

    with pytest.raises(RetailError, match="cannot be reached"):
        await asyncio.to_thread(asked, api)


@pytest.mark.parametrize(
    ("error", "times"),
    [(httpx.UnsupportedProtocol, 1), (httpx.RemoteProtocolError, 6), (httpx.ReadTimeout, 6)],
)
def test_an_address_that_can_never_answer_is_asked_once(
    error: type[httpx.TransportError], times: int
) -> None:
    asked: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise error("no")

    with (
        httpx.Client(transport=httpx.MockTransport(refuse)) as http,
        pytest.raises(RetailError, match="cannot be reached"),
    ):
        list(RetailClient(http, "http://prices.test/x", wait=0.001).items("a", "b"))

    assert len(asked) == times


async def test_a_jump_is_refused_until_it_is_accepted() -> None:
    found = await proposal(with_items(item("eastus", "Node", 0.5, effectiveStartDate="2026-10-01T00:00:00Z")))

    assert found.open(()) == {"node": ["jumps by +400 %, from 0.10 to 0.5, in eastus"]}
    assert found.open(("node",)) == {}


async def test_a_lower_threshold_sees_more_jumps() -> None:
    found = await proposal(ITEMS, jump=Decimal("0.05"))

    assert list(found.refusals) == ["node"]


async def test_a_section_that_vanishes_is_refused() -> None:
    found = await proposal(with_items(without=("Link",)))

    assert "has vanished" in found.open(())["link"][0]


async def test_a_region_that_vanishes_is_refused() -> None:
    items = [one for one in ITEMS if (one["meterName"], one["armRegionName"]) != ("Node", "westeurope")]

    assert (await proposal(items)).open(()) == {"node": ["has vanished in westeurope"]}


async def test_what_never_had_a_price_and_has_none_now_is_no_refusal() -> None:
    found = await proposal(with_items(without=("Logs",)))

    assert found.absent == ["logs"]
    assert found.refusals == {}


async def test_a_new_region_far_from_the_others_is_refused() -> None:
    found = await proposal(with_items(item("swedencentral", "Node", 110.0)))

    assert found.open(()) == {
        "node": ["is far from the other regions (110.0 against 0.175) in swedencentral"]
    }


async def test_one_price_for_all_regions_that_is_none_any_more_is_refused() -> None:
    found = await proposal(
        with_items(item("westus2", "In", 0.0005, productName="Model's", unitOfMeasure="1K"))
    )

    assert found.open(()) == {"tokens": ["has vanished in any"]}


async def test_only_the_rows_change_in_the_file() -> None:
    found = await proposal(ITEMS)

    text = edited(TABLE, found.edits, TODAY)

    assert "# The table's own comment." in text
    assert "  # keep this word" in text
    assert "# hours of a node" in text
    assert 'own:\n    unit: piece\n    prices: {any: {price: "3", source: "a contract"}}' in text
    new = table(text)
    assert new.date == TODAY
    assert list(new.meters["node"].prices) == ["eastus", "westeurope", "westus2"]
    assert new.find("logs", "eastus") == next(one.after for one in found.edits if one.meter == "logs")
    assert new.find("own", "eastus") == table().find("own", "eastus")


async def test_a_second_refresh_changes_nothing() -> None:
    first = await proposal(ITEMS)
    text = edited(TABLE, first.edits, TODAY)
    api = RetailApi(ITEMS)
    async with api.serving():

        def again() -> Proposal:
            with httpx.Client(trust_env=False) as http:
                return propose(table(text), RetailClient(http, api.url).items, TODAY)

        assert (await asyncio.to_thread(again)).edits == []
    assert edited(text, [], TODAY) == text


async def test_shared_rows_that_part_are_refused() -> None:
    text = TABLE.replace("    prices:\n      eastus", "    prices: &rows\n      eastus").replace(
        "    prices: {}", "    prices: *rows"
    )
    api = RetailApi(with_items(item("westeurope", "Logs", 2.9, tierMinimumUnits=5.0)))
    async with api.serving():

        def shared() -> Proposal:
            with httpx.Client(trust_env=False) as http:
                return propose(table(text), RetailClient(http, api.url).items, TODAY)

        found = await asyncio.to_thread(shared)

    with pytest.raises(TableFileError, match="shares its rows"):
        edited(text, found.edits, TODAY)


def test_a_file_is_replaced_in_one_step_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text("old")
    path.chmod(0o640)

    save(path, "new")

    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]
