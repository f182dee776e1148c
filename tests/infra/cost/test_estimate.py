from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from infra.cost.estimate import Estimate, estimate
from infra.cost.meters import SECONDS, Status
from infra.cost.prices import PriceTable, price_table
from infra.cost.report import as_json, as_text, summary_line
from infra.plan import Plan, PlannedResource

CENT = Decimal("0.01")


def planned(token: str, **inputs: Any) -> PlannedResource:
    name = token.rpartition(":")[2]
    return PlannedResource(type=f"azure-native:{token}", name=name, inputs=inputs, urn=f"urn:{name}")


def priced(*resources: PlannedResource, region: str = "eastus", **options: Any) -> Estimate:
    group = planned("resources:ResourceGroup", location=region)
    return estimate(Plan(stack="test", resources=(group, *resources)), **options)


def app(cpu: float, memory: str, least: int, **more: Any) -> PlannedResource:
    container = {"resources": {"cpu": cpu, "memory": memory}}
    template = {"containers": [container], "scale": {"minReplicas": least}}
    return planned("app:ContainerApp", template=template, **more)


def cosmos(**more: Any) -> PlannedResource:
    locations = [{"locationName": "eastus"}]
    return planned("cosmosdb:DatabaseAccount", **{"accountName": "db", "locations": locations, **more})


def database(**options: Any) -> PlannedResource:
    return planned("cosmosdb:SqlResourceSqlDatabase", accountName="db", options=options)


@pytest.mark.parametrize(
    ("cpu", "memory", "region", "granted", "amount"),
    [
        (0.5, "1Gi", "eastus", "gross", "39.42"),
        (0.5, "1Gi", "eastus", "granted", "34.02"),
        (1, "2Gi", "eastus", "gross", "78.84"),
        (1, "2Gi", "eastus", "granted", "73.44"),
        (0.25, "0.5Gi", "eastus", "gross", "19.71"),
        (0.25, "0.5Gi", "eastus", "granted", "14.31"),
        (0.5, "1Gi", "westeurope", "gross", "55.19"),
        (0.5, "1Gi", "westeurope", "granted", "47.63"),
    ],
)
def test_one_replica_costs_the_active_rate(
    cpu: float, memory: str, region: str, granted: str, amount: str
) -> None:
    assert priced(app(cpu, memory, 1), region=region, free_grants=granted == "granted").monthly == Decimal(
        amount
    )


@pytest.mark.parametrize(
    ("cpu", "memory", "region", "amount"),
    [("0.5", 1, "eastus", "11.83"), ("1", 2, "eastus", "23.65"), ("0.5", 1, "westeurope", "15.77")],
)
def test_the_idle_rate_is_in_the_table_though_never_assumed(
    cpu: str, memory: int, region: str, amount: str
) -> None:
    rates = [price_table().find(f"aca-{what}-idle", region) for what in ("vcpu", "memory")]
    vcpu, gib = (rate.price for rate in rates if rate)

    assert (SECONDS * (Decimal(cpu) * vcpu + memory * gib)).quantize(CENT) == Decimal(amount)


@pytest.mark.parametrize(("sku", "amount"), [("Basic", "5.00"), ("Standard", "20.00"), ("Premium", "50.00")])
def test_a_registry_is_billed_by_the_day(sku: str, amount: str) -> None:
    assert priced(planned("containerregistry:Registry", sku={"name": sku})).monthly == Decimal(amount)


def test_manual_throughput_is_billed_by_the_hour() -> None:
    assert priced(cosmos(), database(throughput=400)).monthly == Decimal("23.36")


def test_autoscale_costs_its_floor_at_least() -> None:
    assert priced(cosmos(), database(autoscaleSettings={"maxThroughput": 1000})).monthly == Decimal("8.76")


def test_zone_redundancy_costs_a_quarter_more() -> None:
    zoned = cosmos(locations=[{"locationName": "eastus", "isZoneRedundant": True}])

    assert priced(zoned, database(autoscaleSettings={"maxThroughput": 1000})).monthly == Decimal("10.95")


def test_an_app_that_scales_to_zero_has_no_fixed_cost_but_says_its_rates() -> None:
    cost = priced(app(0.5, "1Gi", 0))

    assert cost.monthly == 0
    assert all(line.usage_based and line.price for line in cost.lines)


def test_workspace_based_telemetry_is_billed_once() -> None:
    cost = priced(planned("applicationinsights:Component", workspaceResourceId="/x"))

    assert cost.resources[1].status is Status.INCLUDED


def test_an_unknown_type_makes_the_total_incomplete() -> None:
    cost = priced(planned("network:NatGateway"), app(0.5, "1Gi", 1))

    assert not cost.complete
    assert cost.resources[1].status is Status.UNSUPPORTED
    assert cost.resources[1].monthly is None
    assert "NatGateway" in cost.unpriced[0]


def test_a_region_without_a_price_is_said_and_never_zero() -> None:
    cost = priced(cosmos(), database(throughput=400), region="westeurope")

    assert not cost.complete
    assert cost.resources[2].monthly is None
    assert any("cosmos-throughput" in sentence for sentence in cost.unpriced)


def test_an_input_that_is_not_known_is_unresolved() -> None:
    cost = priced(app(0.5, "1Gi", 1), planned("containerregistry:Registry", sku=None))

    assert cost.resources[2].status is Status.UNRESOLVED
    assert not cost.complete


def test_a_database_of_an_account_that_is_not_in_the_plan_is_unresolved() -> None:
    assert priced(database(throughput=400)).resources[1].status is Status.UNRESOLVED


@pytest.mark.parametrize(("stack", "amount"), [("dev", "5.10"), ("staging", "59.52"), ("prod", "188.73")])
def test_every_bundled_stack_has_a_price_to_the_cent(
    plan_of: Callable[[str], Plan], stack: str, amount: str
) -> None:
    cost = estimate(plan_of(stack))

    assert cost.unpriced == ()
    assert cost.complete
    assert cost.monthly == Decimal(amount)


def test_the_report_says_what_is_missing() -> None:
    cost = priced(planned("network:NatGateway"))

    assert "incomplete" in summary_line(cost)
    assert "no price: NatGateway" in as_text(cost)


def test_the_json_has_strings_for_money_and_a_status_for_every_resource() -> None:
    document = as_json(priced(app(0.5, "1Gi", 1), planned("network:NatGateway")))

    (group,) = document["projects"][0]["breakdown"]["freeResources"]
    running, gateway = document["projects"][0]["breakdown"]["resources"]
    assert group["status"] == "free"
    assert Decimal(running["monthlyCost"]).quantize(CENT) == Decimal("39.42")
    assert gateway["monthlyCost"] is None
    assert document["complete"] is False
    assert document["totalMonthlyCost"] == "39.42"


def test_the_table_is_dated_and_every_row_has_a_source() -> None:
    table = price_table()

    assert table.date.year >= 2026
    assert all(row.source for meter in table.meters.values() for row in meter.prices.values())


def test_a_price_written_as_a_binary_fraction_is_refused() -> None:
    rows = {"m": {"unit": "GB", "prices": {"any": {"price": 0.1, "source": "x"}}}}

    with pytest.raises(TypeError, match="in quotes"):
        PriceTable.model_validate({"date": "2026-11-21", "currency": "USD", "meters": rows})
