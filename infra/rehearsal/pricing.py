"""The price of the stack that is being rehearsed."""

import asyncio
from typing import Any

from infra.cost.estimate import estimate
from infra.cost.model import CENT
from infra.cost.usage.file import UsageFile, UsageFileError, load_usage
from infra.plan import Plan
from infra.rehearsal.order import Order
from infra.rehearsal.report import Price
from infra.synthesis import synthesise


async def price(order: Order, planned: list[dict[str, Any]] | None) -> Price:
    """Return the monthly price of what the program asked for, from its own plan where it gave one."""
    if planned is None:  # Pulumi's own engine gives none.
        plan = await asyncio.to_thread(synthesise, order.project, order.stack, {})
    else:
        plan = Plan.of(order.stack, planned)
    found = estimate(plan, usage=_usage(order))
    return Price(
        monthly=found.total("idle").quantize(CENT),
        currency=found.currency,
        complete=not found.missing("idle"),
        expected=None if found.missing("expected") else found.total("expected").quantize(CENT),
    )


def _usage(order: Order) -> UsageFile | None:
    """Return the stack's usage; a file that cannot be read is `seatrial cost`'s to report."""
    try:
        return load_usage(order.project, order.stack)
    except UsageFileError:
        return None
