"""Free amounts belong to the subscription: taken off once, however many stacks share it."""

from decimal import Decimal

from infra.cost.estimate import estimate, estimate_all
from infra.cost.pool import GRANTS
from tests.infra.cost.plans import app, cents, line, plan, priced, usage, workspace


def test_two_apps_share_one_grant() -> None:
    found = priced(app(0.5, "1Gi", 1, name="a"), app(0.5, "1Gi", 1, name="b"), free_grants=True)

    assert cents(found.total("idle")) == str(2 * Decimal("39.42") - Decimal("5.40"))


def test_two_stacks_share_one_grant() -> None:
    plans = [plan(app(0.5, "1Gi", 1), stack=name) for name in ("dev", "prod")]

    together = estimate_all(plans, free_grants=True)
    alone = [estimate(one, free_grants=True) for one in plans]

    assert cents(together[0].total("idle")) == cents(alone[0].total("idle")) == "34.02"
    assert cents(together[1].total("idle")) == "39.42"
    assert [one.stack for one in together] == ["dev", "prod"]


def test_grants_are_off_unless_asked_for() -> None:
    assert cents(estimate_all([plan(app(0.5, "1Gi", 1))])[0].total("idle")) == "39.42"


def test_a_grant_is_used_up_in_each_column_on_its_own() -> None:
    found = priced(workspace(), usage=usage(peakFactor=10, turn={"logBytes": 200_000}), free_grants=True)
    ingestion = line(found, "Ingestion")

    assert ingestion.granted == {"expected": 3, "busy": 5}
    assert ingestion.monthly("expected") == 0
    assert ingestion.billed("busy") == 25


def test_the_grant_never_touches_the_idle_rate() -> None:
    assert not [meter for meter in GRANTS if "idle" in meter]


def test_usage_is_by_stack() -> None:
    plans = [plan(workspace(), stack=name) for name in ("dev", "prod")]
    first, second = estimate_all(plans, usage={"dev": usage()})

    assert first.complete
    assert second.usage is None
    assert not second.complete
