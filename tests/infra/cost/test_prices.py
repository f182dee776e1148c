"""The bundled price table: dated, sourced, and found again in the Retail Prices API."""

import pytest

from infra.cost.prices import PriceTable, price_table
from tests.infra.cost.plans import app, gpt, planned, priced

UNMAPPED = ("notify-", "peering-", "front-door-", "redis-", "openai-")


def test_the_table_is_dated_and_every_row_has_a_source() -> None:
    table = price_table()

    assert table.date.year >= 2026
    assert all(row.source for meter in table.meters.values() for row in meter.prices.values())
    assert all(
        row.date <= table.date for meter in table.meters.values() for row in meter.prices.values() if row.date
    )


def test_every_meter_names_its_row_of_the_api_or_is_known_not_to() -> None:
    unmapped = [name for name, meter in price_table().meters.items() if meter.retail is None]

    assert all(name.startswith(UNMAPPED) for name in unmapped)


@pytest.mark.parametrize("region", ["eastus", "westeurope", "swedencentral", "westus2"])
def test_the_regions_have_what_is_sourced(region: str) -> None:
    table = price_table()

    assert table.find("aca-vcpu-active", region)
    assert table.find("aca-memory-idle", region)
    assert table.find("acr-standard", region)
    assert table.find("bandwidth-out", region)
    assert table.find("openai-gpt-4.1-mini-standard-input", region)


def test_a_row_of_another_region_that_was_taken_over_is_marked() -> None:
    table = price_table()
    east, sweden = table.find("aca-vcpu-active", "eastus"), table.find("aca-vcpu-active", "swedencentral")

    assert east is not None
    assert east.inferred
    assert sweden is not None
    assert not sweden.inferred


def test_every_meter_that_a_rule_names_is_in_the_table_priced_or_not() -> None:
    skus = ("Standard", "GlobalStandard", "DataZoneStandard", "ProvisionedManaged")
    kinds = [gpt("gpt-4.1", sku) for sku in skus]
    caches = [
        planned("redis:Redis", f"c{n}", sku={"name": "Standard", "family": "C", "capacity": n})
        for n in range(7)
    ]
    edges = [
        planned("cdn:Profile", tier, sku={"name": f"{tier}_AzureFrontDoor"})
        for tier in ("Standard", "Premium")
    ]
    network = [
        planned(f"network:{kind}") for kind in ("PrivateEndpoint", "NatGateway", "VirtualNetworkPeering")
    ]
    found = priced(*kinds, *caches, *edges, *network, app(1, "2Gi", 1, 3), planned("dns:Zone"))

    assert {line.meter for line in found.lines} <= set(price_table().meters)


def test_a_price_written_as_a_binary_fraction_is_refused() -> None:
    rows = {"m": {"unit": "GB", "prices": {"any": {"price": 0.1, "source": "x"}}}}

    with pytest.raises(TypeError, match="in quotes"):
        PriceTable.model_validate({"date": "2026-11-21", "currency": "USD", "meters": rows})
