"""Two snapshots of a stack, line by line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from infra.cost.change.snapshot import Item, Snapshot
from infra.cost.model import Basis


class Move(StrEnum):
    """Say what became of a line."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True)
class Step:
    """Hold one line before and after; one of both may be absent."""

    before: Item | None
    after: Item | None

    @property
    def item(self) -> Item:
        """Return the line as it is now, or as it was."""
        item = self.after or self.before
        if item is None:
            raise ValueError("a step has a line before or after")
        return item

    @property
    def move(self) -> Move:
        """Say what became of the line."""
        if self.before is None or self.after is None:
            return Move.ADDED if self.before is None else Move.REMOVED
        same = self.before.monthly == self.after.monthly and self.before.quantity == self.after.quantity
        return Move.SAME if same else Move.CHANGED

    def amount(self, column: str) -> Decimal | None:
        """Return by how much the line's month changes; None where a side is not known."""
        before = Decimal(0) if self.before is None else self.before.monthly.get(column)
        after = Decimal(0) if self.after is None else self.after.monthly.get(column)
        return None if before is None or after is None else after - before


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Hold what a change costs in one stack; `note` says what the comparison could not see."""

    stack: str
    before: Snapshot
    after: Snapshot
    steps: tuple[Step, ...]
    note: str = ""

    @property
    def changed(self) -> tuple[Step, ...]:
        """Return the lines that are not as they were."""
        return tuple(step for step in self.steps if step.move is not Move.SAME)

    def amount(self, column: str, basis: Basis | None = None) -> Decimal:
        """Return by how much the month changes: of the lines that are known on both sides."""
        own = (step.amount(column) for step in self.steps if basis in {None, step.item.basis})
        return sum((amount for amount in own if amount is not None), Decimal(0))

    def lacking(self, column: str) -> int:
        """Return how many lines are not known on a side, and so in no amount."""
        return sum(step.amount(column) is None for step in self.steps)


def difference(before: Snapshot, after: Snapshot, note: str = "") -> Difference:
    """Compare two snapshots; the lines come in the order of the later one, removed ones last."""
    earlier = {item.id: item for item in before.items}
    later = {item.id: item for item in after.items}
    steps = [Step(earlier.get(name), item) for name, item in later.items()]
    steps += [Step(item, None) for name, item in earlier.items() if name not in later]
    return Difference(stack=after.stack, before=before, after=after, steps=tuple(steps), note=note)


def differences(
    before: Mapping[str, Snapshot], after: Iterable[Snapshot], notes: Mapping[str, str] | None = None
) -> list[Difference]:
    """Compare several stacks; one that was not there before is compared with nothing."""
    told = notes or {}
    return [
        difference(
            before.get(one.stack) or Snapshot.empty(one.stack, one.currency), one, told.get(one.stack, "")
        )
        for one in after
    ]
