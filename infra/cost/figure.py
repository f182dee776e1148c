"""A quantity together with the sentence of every step that led to it."""

from dataclasses import dataclass, field
from decimal import Decimal

_SHOWN = Decimal("0.000001")


@dataclass(frozen=True)
class Figure:
    """Hold an exact value and, in `steps`, how it came about."""

    value: Decimal
    steps: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, value: Decimal | int, what: str) -> "Figure":
        """Return a value that needs no derivation, named."""
        return cls(Decimal(value), (f"{plain(Decimal(value))} {what}",))

    def times(self, factor: Decimal | int, what: str) -> "Figure":
        """Return the product with a named factor."""
        value = self.value * factor
        return Figure(value, (*self.steps, f"x {plain(Decimal(factor))} {what} = {plain(value)}"))

    def over(self, divisor: Decimal | int, what: str) -> "Figure":
        """Return the quotient by a named divisor."""
        value = self.value / Decimal(divisor)
        return Figure(value, (*self.steps, f"/ {plain(Decimal(divisor))} {what} = {plain(value)}"))

    def plus(self, other: "Figure") -> "Figure":
        """Return the sum, with the steps of both."""
        value = self.value + other.value
        total = f"{plain(self.value)} + {plain(other.value)} = {plain(value)}"
        return Figure(value, (*self.steps, *other.steps, total))

    def less(self, amount: Decimal | int, what: str) -> "Figure":
        """Return what is left above a named amount, never below zero."""
        value = max(Decimal(0), self.value - amount)
        return Figure(value, (*self.steps, f"above {plain(Decimal(amount))} {what}: {plain(value)}"))

    def at_most(self, limit: Decimal | int, what: str) -> "Figure":
        """Return the value bounded by a named limit."""
        if self.value <= limit:
            return self
        return Figure(Decimal(limit), (*self.steps, f"at most {plain(Decimal(limit))} {what}"))

    def note(self, text: str) -> "Figure":
        """Return the same value with one more sentence."""
        return Figure(self.value, (*self.steps, text))


def plain(value: Decimal) -> str:
    """Return a number as people write it: no exponent, no trailing zeros, six places at most."""
    rounded = value.quantize(_SHOWN) if abs(value) < Decimal(10) ** 20 else value
    shown = rounded if rounded or not value else value
    text = f"{shown:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
