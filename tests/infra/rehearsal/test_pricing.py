"""The price after `up` is the estimate of the very plan that was rehearsed."""

from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal

from infra.plan import Plan
from infra.project import Project
from infra.rehearsal.order import Order
from infra.rehearsal.pricing import price


async def test_a_rehearsed_stack_is_priced_at_rest_and_in_use(
    project: Project, plan_of: Callable[[str], Plan]
) -> None:
    planned = [asdict(resource) for resource in plan_of("dev").resources]

    found = await price(Order(project=project, stack="dev", mode="process"), planned)

    assert (found.monthly, found.currency, found.complete) == (Decimal("5.10"), "USD", True)
    assert found.expected == Decimal("17.95")


async def test_a_stack_without_a_usage_file_has_no_price_in_use(
    project: Project, plan_of: Callable[[str], Plan]
) -> None:
    planned = [asdict(resource) for resource in plan_of("dev").resources]

    found = await price(Order(project=project, stack="nowhere", mode="process"), planned)

    assert found.expected is None
    assert found.complete
