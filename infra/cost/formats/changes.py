"""What a change costs, as text: one line, before and after by stack, the lines that moved."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from infra.cost.change.difference import Difference, Move, Step
from infra.cost.formats.amounts import UNKNOWN, money, partial, percent, plain, quantity, signed
from infra.cost.formats.grid import grid
from infra.cost.model import Basis

COLUMN = "expected"
HEAD = ("Stack", "", "Fixed", "By use", "Total", "Busy")
# GitHub colours the lines of a diff by their first sign.
SIGNS = {Move.ADDED: "+", Move.REMOVED: "-", Move.CHANGED: "!"}


def headline(changes: Sequence[Difference]) -> str:
    """Return what the change costs, in one line; what is not known on a side is in no amount of it."""
    before = sum((change.before.total(COLUMN) for change in changes), Decimal(0))
    after = sum((change.after.total(COLUMN) for change in changes), Decimal(0))
    by = sum((change.amount(COLUMN) for change in changes), Decimal(0))
    known = all(change.after.complete and change.before.complete for change in changes)
    lacking = sum(change.lacking(COLUMN) for change in changes)
    what, currency = "Cost" if known else "Cost, as far as known", changes[0].after.currency
    if lacking:
        lines = "1 line is" if lacking == 1 else f"{lacking} lines are"
        return f"{what}: {signed(by)} {currency} a month; {lines} not known"
    if not by:
        return f"{what}: no change, {money(after)} {currency} a month"
    share = percent(before, after)
    shown = f" ({share})" if share else ""
    return f"{what}: {signed(by)} {currency} a month{shown}, {money(before)} to {money(after)}"


def diff_lines(change: Difference) -> Iterator[str]:
    """Yield a change as lines with a sign in front: resources, and under them what moved."""
    resource = None
    for step in sorted(change.changed, key=lambda step: step.item.resource):
        if step.item.resource != resource:
            resource = step.item.resource
            yield f"  {resource}"
        yield f"{SIGNS[step.move]}   {_moved(step)}"


def _moved(step: Step) -> str:
    item = step.item
    amounts = [money(side.monthly.get(COLUMN)) if side else "nothing" for side in (step.before, step.after)]
    text = f"{item.component} ({item.basis.value}): {amounts[0]} to {amounts[1]}"
    if step.move is not Move.CHANGED:
        return f"{text}, {signed(step.amount(COLUMN))}"
    return f"{text}, {signed(step.amount(COLUMN))}{_why(step)}"


def _why(step: Step) -> str:
    """Return which factor of the amount changed: the quantity, the price or both."""
    if step.before is None or step.after is None:
        return ""
    amounts = [side.quantity.get(COLUMN) for side in (step.before, step.after)]
    prices = [side.price for side in (step.before, step.after)]
    parts = []
    if amounts[0] != amounts[1]:
        parts.append(f"{quantity(amounts[0])} to {quantity(amounts[1])} {step.after.unit}")
    if prices[0] != prices[1]:
        parts.append(f"price {_price(prices[0])} to {_price(prices[1])} a {step.after.unit}")
    return f"; {', '.join(parts)}" if parts else ""


def _price(price: Decimal | None) -> str:
    return "not known" if price is None else plain(price)


def rows(changes: Sequence[Difference]) -> list[list[str]]:
    """Return before, after and change of each stack; an incomplete side is marked."""
    found: list[list[str]] = []
    for change in changes:
        if not change.changed:
            found.append([change.stack, "as before", *_amounts(change, after=True)])
            continue
        found.append([change.stack, "before", *_amounts(change, after=False)])
        found.append(["", "after", *_amounts(change, after=True)])
        found.append(["", "**change**", *(f"**{amount}**" for amount in _changes(change))])
    return found


def _amounts(change: Difference, *, after: bool) -> list[str]:
    side = change.after if after else change.before
    amounts = [side.total(COLUMN, basis) for basis in (Basis.FIXED, Basis.USAGE, None)]
    return [partial(amount, complete=side.complete) for amount in (*amounts, side.total("busy"))]


def _changes(change: Difference) -> list[str]:
    amounts = [change.amount(COLUMN, basis) for basis in (Basis.FIXED, Basis.USAGE, None)]
    complete = change.before.complete and change.after.complete
    return [_change(amount, complete=complete) for amount in (*amounts, change.amount("busy"))]


def _change(amount: Decimal, *, complete: bool) -> str:
    if complete:
        return signed(amount)
    return f"{signed(amount)} +?" if amount else UNKNOWN


def changed(changes: Sequence[Difference], against: str) -> str:
    """Return a comparison's section, nothing where there is none."""
    if not changes:
        return ""
    lines = [f"## Change against {against}", "", f"{headline(changes)}.", "", *grid(HEAD, rows(changes), 2)]
    moved = [line for change in changes for line in (change.stack, *diff_lines(change)) if change.changed]
    return "\n".join(["", *lines, *(["", "```diff", *moved, "```"] if moved else [])]) + "\n"
