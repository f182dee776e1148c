"""Where one number of an estimate comes from."""

from difflib import get_close_matches
from typing import Any

from infra.cost.formats.amounts import money, plain, quantity
from infra.cost.formats.rows import cited
from infra.cost.model import Estimate, Line


class UnknownLineError(Exception):
    """Say that no line has this id, and which are near."""

    def __init__(self, name: str, estimate: Estimate) -> None:
        known = [line.id for line in estimate.lines]
        own = [line for line in known if line.split(".")[0] == name]
        near = own or get_close_matches(name, known, 5, 0.4)
        hint = f"near it: {', '.join(near)}" if near else f"its lines: {', '.join(known)}"
        super().__init__(f"the estimate of {estimate.stack} has no line {name!r}; {hint}")


def find(estimate: Estimate, name: str) -> Line:
    """Return the line of an id; raise UnknownLineError."""
    found = next((line for line in estimate.lines if line.id == name), None)
    if found is None:
        raise UnknownLineError(name, estimate)
    return found


def explained(estimate: Estimate, line: Line) -> str:
    """Return a line's derivation: quantity, free amounts, price, month."""
    resource = next(one for one in estimate.resources if line in one.lines)
    price = (
        "none known" if line.price is None else f"{plain(line.price.price)} {estimate.currency} a {line.unit}"
    )
    parts = [
        f"{line.id}: {line.component} of {resource.name} ({resource.type}), stack {estimate.stack}",
        f"  basis    {line.basis.value}",
        f"  meter    {line.meter}, in {line.region}",
        f"  price    {price}",
        *([f"  source   {cited(line.price)}"] if line.price else []),
        *(f"  {'how' if index == 0 else '   '}      {step}" for index, step in enumerate(line.formula)),
        *(f"  {column:<8} {_month(estimate, line, column)}" for column in estimate.columns),
        *([f"  note     {resource.note}"] if resource.note else []),
    ]
    return "\n".join(parts)


def document(estimate: Estimate, line: Line) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "stack": estimate.stack,
        "id": line.id,
        "component": line.component,
        "meter": line.meter,
        "region": line.region,
        "basis": line.basis.value,
        "unit": line.unit,
        "price": None if line.price is None else plain(line.price.price),
        "source": None if line.price is None else cited(line.price),
        "formula": list(line.formula),
        "columns": {
            column: {
                "quantity": _text(line.quantity[column]),
                "granted": _text(line.granted.get(column)),
                "monthly": _text(line.monthly(column)),
            }
            for column in estimate.columns
        },
    }


def _month(estimate: Estimate, line: Line, column: str) -> str:
    granted = line.granted.get(column)
    free = f" ({quantity(line.quantity[column])} less {quantity(granted)} free)" if granted else ""
    month = line.monthly(column)
    amount = money(month) if month is None else f"{money(month)} {estimate.currency}"
    return f"{quantity(line.billed(column))} {line.unit}{free} = {amount}"


def _text(number: Any) -> str | None:
    return None if number is None else plain(number)
