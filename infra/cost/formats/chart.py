"""Where the money of each environment goes: a chart as SVG, drawn to be read on a light page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape

from infra.cost.formats.amounts import UNKNOWN, money
from infra.cost.model import Basis, Estimate, Status

COLUMN = "expected"
WIDTH, MARGIN, LABEL, AMOUNT = 900, 32, 210, 150
ROW, BAR, PANEL_GAP = 26, 16, 30
LARGEST = 7
INK, MUTED, RULE = "#1b2733", "#5b6b7a", "#d5dce3"
FIXED_COLOUR, USAGE_COLOUR, UNKNOWN_COLOUR = "#1f5f8b", "#f2a33a", "#b3261e"
FONTS = "DejaVu Sans, Verdana, Arial, sans-serif"


@dataclass(frozen=True)
class Share:
    """Hold one bar: what stands and what use adds; `known` is False where a part has no price."""

    name: str
    fixed: Decimal
    usage: Decimal
    known: bool = True

    @property
    def total(self) -> Decimal:
        """Return the bar's whole length."""
        return self.fixed + self.usage


def chart(estimates: Sequence[Estimate]) -> str:
    """Return the chart: a comparison of the environments, then one panel for each."""
    parts: list[str] = []
    y = _title(parts, estimates[0])
    if len(estimates) > 1:
        every = [_whole(one) for one in estimates]
        known, total = all(one.known for one in every), _sum(one.total for one in every)
        told = _told(total, f" {estimates[0].currency}", known=known)
        y = _panel(parts, y, f"All environments: {told}", every)
    for one in estimates:
        y = _panel(parts, y, _heading(one), shares(one))
    y = _footer(parts, y, estimates)
    return _svg(parts, y)


def shares(estimate: Estimate) -> list[Share]:
    """Return the resources that cost most, dearest first, the rest as one; the unknown come last."""
    billed = [one for one in estimate.resources if one.status is Status.PRICED or one.status.unknown]
    every = [
        Share(
            resource.name,
            _sum(line.monthly(COLUMN) for line in resource.lines if line.basis is Basis.FIXED),
            _sum(line.monthly(COLUMN) for line in resource.lines if line.basis is Basis.USAGE),
            known=resource.monthly(COLUMN) is not None,
        )
        for resource in billed
    ]
    paid = sorted((one for one in every if one.total or not one.known), key=lambda one: -one.total)
    if len(paid) <= LARGEST:
        return paid
    rest = paid[LARGEST - 1 :]
    name = f"{len(rest)} others"
    other = Share(
        name, _sum(one.fixed for one in rest), _sum(one.usage for one in rest), all(one.known for one in rest)
    )
    return [*paid[: LARGEST - 1], other]


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _whole(estimate: Estimate) -> Share:
    fixed, usage = (estimate.total(COLUMN, basis) for basis in (Basis.FIXED, Basis.USAGE))
    return Share(estimate.stack, fixed, usage, known=not estimate.missing(COLUMN))


def _heading(estimate: Estimate) -> str:
    whole = _whole(estimate)
    heading = f"{estimate.stack}: {_told(whole.total, f' {estimate.currency}', known=whole.known)}"
    return f"{heading} ({money(whole.fixed)} fixed, {money(whole.usage)} by use)" if whole.total else heading


def _told(amount: Decimal, unit: str = "", *, known: bool) -> str:
    if known:
        return f"{money(amount)}{unit}"
    return f"{money(amount)}{unit} + {UNKNOWN}" if amount else UNKNOWN


def _title(parts: list[str], estimate: Estimate) -> int:
    parts.append(
        _text(MARGIN, 44, f"What an expected month costs, in {estimate.currency}", size=20, weight="bold")
    )
    x = MARGIN
    for colour, name in ((FIXED_COLOUR, "fixed"), (USAGE_COLOUR, "by use")):
        parts.append(f'<rect x="{x}" y="60" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(x + 18, 71, name, colour=MUTED))
        x += 90
    return 96


def _panel(parts: list[str], y: int, heading: str, bars: Sequence[Share]) -> int:
    parts.append(f'<line x1="{MARGIN}" y1="{y}" x2="{WIDTH - MARGIN}" y2="{y}" stroke="{RULE}"/>')
    parts.append(_text(MARGIN, y + 24, heading, size=15, weight="bold"))
    whole = _sum(bar.total for bar in bars)
    longest = max((bar.total for bar in bars), default=Decimal(0))
    y += 38
    for bar in bars:
        _bar(parts, y, bar, longest, whole)
        y += ROW
    if not bars:
        parts.append(_text(MARGIN, y + 12, "nothing is billed", colour=MUTED))
        y += ROW
    return y + PANEL_GAP - 12


def _bar(parts: list[str], y: int, bar: Share, longest: Decimal, whole: Decimal) -> None:
    start, room = MARGIN + LABEL, WIDTH - 2 * MARGIN - LABEL - AMOUNT
    parts.append(_text(start - 10, y + 13, _short(bar.name), anchor="end"))
    x = Decimal(start)
    for amount, colour in ((bar.fixed, FIXED_COLOUR), (bar.usage, USAGE_COLOUR)):
        width = amount / longest * room if longest else Decimal(0)
        if amount > 0:
            shown = max(width, Decimal(1))
            parts.append(f'<rect x="{x:.1f}" y="{y}" width="{shown:.1f}" height="{BAR}" fill="{colour}"/>')
            x += shown
    told = f"{_told(bar.total, known=bar.known)}{_share(bar.total, whole) if bar.known else ''}"
    parts.append(_text(round(x) + 8, y + 13, told, colour=INK if bar.known else UNKNOWN_COLOUR))


def _share(part: Decimal, whole: Decimal) -> str:
    percent = part / whole * 100 if whole else Decimal(0)
    return f" ({percent:.0f} %)" if percent >= 1 else " (<1 %)"


def _footer(parts: list[str], y: int, estimates: Sequence[Estimate]) -> int:
    lines = [f"List prices of {estimates[0].prices_date}. Every panel has a scale of its own."]
    lacking = [one.stack for one in estimates if one.missing(COLUMN)]
    if lacking:
        lines.append(f"Incomplete: {', '.join(lacking)}; what is not known is in no bar.")
    for line in lines:
        parts.append(_text(MARGIN, y, line, size=12, colour=MUTED))
        y += 18
    return y + 6


def _text(
    x: int,
    y: int,
    text: str,
    *,
    size: int = 13,
    colour: str = INK,
    weight: str = "normal",
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )


def _short(name: str) -> str:
    limit = 28
    return name if len(name) <= limit else f"{name[: limit - 3]}..."


def _svg(parts: list[str], height: int) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="{FONTS}" role="img">\n'
        f"<title>What an expected month costs in each environment</title>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )
