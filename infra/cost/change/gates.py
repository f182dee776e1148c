"""Gates on the expected month: a total that may not be passed, an increase that may not be passed."""

from collections.abc import Sequence
from decimal import Decimal

from infra.cost.change.difference import Difference
from infra.cost.change.limit import Limit
from infra.cost.formats.amounts import money
from infra.cost.model import Estimate

COLUMN = "expected"


def above(estimates: Sequence[Estimate], limit: Limit) -> str | None:
    """Return why the total is refused, or None."""
    total = sum((one.total(COLUMN) for one in estimates), Decimal(0))
    if total <= limit.number:
        return None
    currency = estimates[0].currency
    return f"the expected month costs {money(total)} {currency}, above {money(limit.number)} {currency}"


def increased(changes: Sequence[Difference], limit: Limit) -> str | None:
    """Return why the increase is refused, or None; what cost nothing before may not grow by any share."""
    before = sum((one.before.total(COLUMN) for one in changes), Decimal(0))
    by = sum((one.amount(COLUMN) for one in changes), Decimal(0))
    allowed = before * limit.number / 100 if limit.relative else limit.number
    if by <= allowed:
        return None
    currency = changes[0].after.currency
    share = f"{limit.number} % of {money(before)}" if limit.relative else money(allowed)
    return f"the expected month grows by {money(by)} {currency}, more than {share} {currency}"
