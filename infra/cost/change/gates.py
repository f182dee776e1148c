"""Gates on the expected month: a total that may not be passed, an increase that may not be passed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from infra.cost.change.difference import Difference
from infra.cost.formats.amounts import money
from infra.cost.model import Estimate

COLUMN = "expected"
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)(%?)")


class LimitError(Exception):
    """Say which limit is not one."""


@dataclass(frozen=True)
class Limit:
    """Hold an amount a month, or a share of what was paid before."""

    number: Decimal
    relative: bool = False

    @classmethod
    def read(cls, text: str, option: str, *, relative: bool) -> "Limit":
        """Read `20`, or `10%` where a share is allowed; raise LimitError."""
        found = _LIMIT.fullmatch(text.strip())
        if found is None or (found[2] and not relative):
            wanted = "an amount such as 20, or a share such as 10%" if relative else "an amount such as 250"
            raise LimitError(f"{option} {text!r} is not {wanted}")
        return cls(Decimal(found[1]), relative=bool(found[2]))


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
