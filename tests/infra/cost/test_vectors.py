"""Amounts that were worked out by hand from list prices, to the cent."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from infra.cost.estimate import estimate
from infra.cost.model import Basis
from infra.plan import Plan, PlannedResource
from tests.infra.cost.plans import (
    app,
    cents,
    cosmos,
    cost_of,
    database,
    line,
    planned,
    priced,
    usage,
    workspace,
)


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
    found = priced(app(cpu, memory, 1), region=region, free_grants=granted == "granted")

    assert cents(found.total("idle")) == amount


@pytest.mark.parametrize(
    ("cpu", "memory", "region", "amount"),
    [
        (0.5, "1Gi", "eastus", "11.83"),
        (1, "2Gi", "eastus", "23.65"),
        (0.25, "0.5Gi", "eastus", "5.91"),
        (0.5, "1Gi", "westeurope", "15.77"),
    ],
)
def test_a_replica_that_is_declared_idle_costs_the_idle_rate(
    cpu: float, memory: str, region: str, amount: str
) -> None:
    found = priced(app(cpu, memory, 1), region=region, usage=usage(idleShare=1), free_grants=True)

    assert cents(found.total("idle")) == amount


@pytest.mark.parametrize(
    ("resource", "amount"),
    [
        (planned("containerregistry:Registry", sku={"name": "Basic"}), "5.00"),
        (planned("containerregistry:Registry", sku={"name": "Standard"}), "20.00"),
        (planned("containerregistry:Registry", sku={"name": "Premium"}), "50.00"),
        (planned("network:PrivateEndpoint"), "7.30"),
        (planned("network:NatGateway"), "32.85"),
        (planned("network:PublicIPAddress", sku={"name": "Standard"}), "3.65"),
        (planned("privatedns:PrivateZone"), "0.50"),
        (planned("monitor:MetricAlert", scopes=["x"], criteria={"allOf": [{}, {}]}), "0.20"),
    ],
)
def test_what_stands_from_the_first_day_on(resource: PlannedResource, amount: str) -> None:
    assert cents(cost_of(resource).monthly("idle")) == amount


def test_a_log_alert_every_five_minutes() -> None:
    rule = planned(
        "monitor:ScheduledQueryRule", evaluationFrequency="PT5M", scopes=["x"], criteria={"allOf": [{}]}
    )

    assert cents(cost_of(rule, region="westeurope").monthly("idle")) == "1.50"


@pytest.mark.parametrize(
    ("options", "amount"),
    [({"throughput": 400}, "23.36"), ({"autoscaleSettings": {"maxThroughput": 1000}}, "8.76")],
)
def test_throughput_is_billed_by_the_hour(options: dict[str, Any], amount: str) -> None:
    assert cents(priced(database(**options), cosmos()).total("idle", Basis.FIXED)) == amount


def test_zone_redundancy_costs_a_quarter_more() -> None:
    zoned = cosmos(locations=[{"locationName": "eastus", "isZoneRedundant": True}])

    assert cents(priced(zoned, database(autoscaleSettings={"maxThroughput": 1000})).total("idle")) == "10.95"


def test_ten_gigabytes_of_logs_with_five_free() -> None:
    taken = usage(quantities={"Workspace.ingestion": 10})
    found = priced(workspace(), usage=taken, free_grants=True)

    assert cents(line(found, "Ingestion").monthly("expected")) == "11.50"


def test_a_dedicated_profile_costs_its_nodes_and_one_fee() -> None:
    profile = {"name": "big", "workloadProfileType": "D4", "minimumCount": 1, "maximumCount": 1}
    environment = planned("app:ManagedEnvironment", workloadProfiles=[profile])
    found = cost_of(environment, region="westeurope")

    assert cents(line(found, "Profile big, vCPU").monthly("idle")) == "236.11"
    assert cents(line(found, "Profile big, memory").monthly("idle")) == "77.53"
    assert cents(line(found, "Management fee").monthly("idle")) == "73.00"


@pytest.mark.parametrize(("stack", "amount"), [("dev", "5.10"), ("staging", "59.52"), ("prod", "188.73")])
def test_every_bundled_stack_at_rest(plan_of: Callable[[str], Plan], stack: str, amount: str) -> None:
    cost = estimate(plan_of(stack))

    assert cost.missing("idle") == ()
    assert cost.total("idle").quantize(Decimal("0.01")) == Decimal(amount)
