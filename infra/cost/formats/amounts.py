"""Amounts as text: money to the cent, prices in full, quantities short."""

from decimal import ROUND_HALF_UP, Decimal

from infra.cost.model import CENT

UNKNOWN = "not known"
_WHOLE_FROM = Decimal(1000)
_PRECISE_BELOW = Decimal(1)


def money(amount: Decimal | None) -> str:
    """Return an amount to the cent, or that it is not known: never 0 in its place."""
    return UNKNOWN if amount is None else f"{amount.quantize(CENT, ROUND_HALF_UP):,}"


def partial(amount: Decimal, *, complete: bool) -> str:
    """Return a total; one that lacks something is marked, and is not known where nothing else is in it."""
    if complete:
        return money(amount)
    return f"{money(amount)} +?" if amount else UNKNOWN


def signed(amount: Decimal | None) -> str:
    """Return a change with its sign; no change has none."""
    if amount is None:
        return UNKNOWN
    rounded = amount.quantize(CENT, ROUND_HALF_UP)
    return f"{rounded:+,}" if rounded else "0.00"


def percent(before: Decimal, after: Decimal) -> str | None:
    """Return a change in percent; None where nothing was paid before."""
    if not before:
        return None
    return f"{(after - before) / before * 100:+.1f} %"


def plain(number: Decimal) -> str:
    """Return a number in full, without an exponent and without trailing zeros."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def quantity(number: Decimal | None) -> str:
    """Return a quantity as short as a reader needs it: whole from 1,000, three digits below 1."""
    if number is None:
        return UNKNOWN
    if abs(number) >= _WHOLE_FROM:
        return f"{number.quantize(Decimal(1), ROUND_HALF_UP):,}"
    if abs(number) >= _PRECISE_BELOW or not number:
        return plain(number.quantize(CENT, ROUND_HALF_UP))
    return f"{plain(Decimal(f'{number:.3g}'))}"
