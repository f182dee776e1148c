"""A limit on the expected month, as a user writes it."""

import re
from dataclasses import dataclass
from decimal import Decimal

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
