"""What a comparison needs of an estimate: its lines and amounts, from an estimate or a saved report."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from infra.cost.model import COLUMNS, Basis, Estimate

ZERO = Decimal(0)


class ReportError(Exception):
    """Say what is wrong with a saved report, and how to make a good one."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """Hold one billed line: quantities and amounts by column; None is not known."""

    id: str
    resource: str
    type: str
    component: str
    unit: str
    basis: Basis
    price: Decimal | None
    quantity: Mapping[str, Decimal | None]
    monthly: Mapping[str, Decimal | None]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Hold what one stack cost at one time."""

    stack: str
    currency: str
    items: tuple[Item, ...]
    unpriced: tuple[str, ...] = ()

    @classmethod
    def empty(cls, stack: str, currency: str) -> "Snapshot":
        """Return the snapshot of a stack that was not there."""
        return cls(stack=stack, currency=currency, items=())

    @property
    def complete(self) -> bool:
        """Say whether everything that is or may be billed is in it."""
        return not self.unpriced

    def total(self, column: str, basis: Basis | None = None) -> Decimal:
        """Return the month's cost of a column as far as it is known."""
        amounts = (item.monthly.get(column) for item in self.items if basis in {None, item.basis})
        return sum((amount for amount in amounts if amount is not None), ZERO)


def taken(estimate: Estimate) -> Snapshot:
    """Return the snapshot of an estimate."""
    items = tuple(
        Item(
            id=line.id,
            resource=resource.name,
            type=resource.type,
            component=line.component,
            unit=line.unit,
            basis=line.basis,
            price=None if line.price is None else line.price.price,
            quantity={column: line.billed(column) for column in estimate.columns},
            monthly={column: line.monthly(column) for column in estimate.columns},
        )
        for resource in estimate.resources
        for line in resource.lines
    )
    return Snapshot(stack=estimate.stack, currency=estimate.currency, items=items, unpriced=estimate.unpriced)


def saved(path: Path) -> dict[str, Snapshot]:
    """Return the stacks of a report that `cost --json` wrote; raise ReportError."""
    try:
        document = json.loads(path.read_bytes())
        return {one["name"]: _project(one, document) for one in document["projects"]}
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ReportError(
            f"{path} is no report of `seatrial cost --json` ({reason:.160}); "
            "make one with: seatrial cost --all --json > report.json"
        ) from None


def _project(project: dict[str, Any], document: dict[str, Any]) -> Snapshot:
    items = [
        _item(resource, line)
        for resource in project["breakdown"]["resources"]
        for line in resource["metadata"]["lines"]
    ]
    return Snapshot(
        stack=project["name"],
        currency=document["currency"],
        items=tuple(items),
        unpriced=tuple(project["unpriced"]),
    )


def _item(resource: dict[str, Any], line: dict[str, Any]) -> Item:
    return Item(
        id=line["id"],
        resource=resource["name"],
        type=resource["resourceType"],
        component=line["component"],
        unit=line["unit"],
        basis=Basis(line["basis"]),
        price=_number(line["price"]),
        quantity={column: _number(line["quantity"].get(column)) for column in COLUMNS},
        monthly={column: _number(line["monthly"].get(column)) for column in COLUMNS},
    )


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
