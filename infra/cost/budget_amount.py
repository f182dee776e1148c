"""The budget's amount, written into a stack file; the program only reads it."""

import tempfile
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

import yaml

from infra.cost.model import Estimate

STEP = Decimal(10)
KEY, FIELD = "seatrial:budget", "amount"


class BudgetError(Exception):
    """Say why no budget follows from an estimate, or where the stack file has no place for it."""


def amount(estimate: Estimate) -> Decimal:
    """Return the expected month, rounded up to the next ten; BudgetError where that month is not known."""
    lacking = estimate.missing("expected")
    if lacking:
        raise BudgetError(
            f"the expected month of {estimate.stack} is incomplete ({lacking[0]}), "
            "and a budget below the true cost warns on its first day"
        )
    tens = (estimate.total("expected") / STEP).to_integral_value(ROUND_CEILING)
    return max(tens, Decimal(1)) * STEP


def written(path: Path, value: Decimal) -> str:
    """Write the amount into a stack file, where it stands; return what stood there; raise BudgetError."""
    text = path.read_bytes().decode("utf-8")
    place = _place(text, path.name)
    before = text[place.start_mark.index : place.end_mark.index]
    fresh = f"{text[: place.start_mark.index]}{value:f}{text[place.end_mark.index :]}"
    if fresh != text:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, delete=False, encoding="utf-8", newline=""
        ) as file:
            file.write(fresh)
        Path(file.name).chmod(path.stat().st_mode)
        Path(file.name).replace(path)
    return before


def _place(text: str, name: str) -> yaml.ScalarNode:
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    for key in ("config", KEY, FIELD):
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for found, value in pairs if found.value == key), None)
    if not isinstance(node, yaml.ScalarNode):
        raise BudgetError(f"{name} has no {KEY}.{FIELD} to write to; add it: {KEY}: {{{FIELD}: 10, ...}}")
    return node
