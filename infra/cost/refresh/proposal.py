"""What a refresh would change in the price table, and why it may not be written."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from infra.cost.prices import ANYWHERE, Meter, Price, PriceTable, RetailMeter
from infra.cost.refresh.rows import Found, Row, prices, rows

REGIONS = ("eastus", "westeurope", "swedencentral", "westus2")
JUMP = Decimal("0.25")
FAR = Decimal(3)
SOURCE = "Azure Retail Prices API"
Ask = Callable[[str, str], Iterable[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Hold one row of the table before and after; a row without `after` is kept as it is."""

    meter: str
    region: str
    before: Price | None
    after: Price

    @property
    def moved(self) -> bool:
        """Say whether the amount is another one."""
        return self.before is None or self.before.price != self.after.price


@dataclass
class Proposal:
    """Collect the edits, and by meter the reasons against writing them."""

    edits: list[Edit] = field(default_factory=list)
    refusals: dict[str, list[str]] = field(default_factory=dict)
    unmapped: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    def refuse(self, meter: str, reason: str) -> None:
        """Note why a meter's new prices may not be written."""
        self.refusals.setdefault(meter, []).append(reason)

    def open(self, accepted: Collection[str]) -> dict[str, list[str]]:
        """Return the refusals that nobody accepted."""
        return {meter: why for meter, why in self.refusals.items() if meter not in accepted}


def propose(table: PriceTable, ask: Ask, today: date, *, jump: Decimal = JUMP) -> Proposal:
    """Return what a refresh would change; asks for each product once."""
    proposal = Proposal(unmapped=[name for name, meter in table.meters.items() if meter.retail is None])
    products: dict[tuple[str, str], list[Row]] = {}
    for name, meter in table.meters.items():
        if meter.retail is None:
            continue
        product = (meter.retail.service, meter.retail.product)
        if product not in products:
            products[product] = list(rows(ask(*product), today))
        _compare(proposal, name, meter, products[product], jump)
    return proposal


def _compare(proposal: Proposal, name: str, meter: Meter, found: list[Row], jump: Decimal) -> None:
    if meter.retail is None:
        return
    offered = _offered(prices(found, meter.retail), meter)
    if not offered:
        if meter.prices:
            proposal.refuse(name, f"has vanished: the API has no row of {_identity(meter.retail)}")
        else:
            proposal.absent.append(name)
        return
    for region in sorted(meter.prices):
        if region not in offered:
            proposal.refuse(name, f"has vanished in {region}")
    usual = median(one.price for one in offered.values())
    for region, new in sorted(offered.items()):
        before = meter.prices.get(region)
        after = Price.model_validate({"price": f"{new.price:f}", "source": SOURCE, "date": new.start})
        if before != after:
            proposal.edits.append(Edit(meter=name, region=region, before=before, after=after))
        reason = _suspicious(before, new.price, usual, jump)
        if reason:
            proposal.refuse(name, f"{reason} in {region}")


def _suspicious(before: Price | None, price: Decimal, usual: Decimal, jump: Decimal) -> str | None:
    if before is not None and abs(price - before.price) > jump * before.price:
        share = (price - before.price) / before.price * 100
        return f"jumps by {share:+.0f} %, from {before.price:f} to {price:f},"
    if before is None and not usual / FAR <= price <= usual * FAR:
        return f"is far from the other regions ({price:f} against {usual:f})"
    return None


def _offered(found: dict[str, Found], meter: Meter) -> dict[str, Found]:
    """Return the prices under the table's own regions.

    A meter that has one price for all regions keeps it as long as the regions agree.
    """
    positive = {region: one for region, one in found.items() if one.price > 0}
    if meter.retail is not None and meter.retail.region is not None:
        own = positive.get(meter.retail.region)
        return {} if own is None else {ANYWHERE: own}
    wanted = {*REGIONS, *meter.prices} - {ANYWHERE}
    known = {region: positive[region] for region in wanted if region in positive}
    if ANYWHERE in meter.prices and len({one.price for one in known.values()}) == 1:
        return {ANYWHERE: max(known.values(), key=lambda one: one.start)}
    return known


def _identity(retail: RetailMeter) -> str:
    return f"{retail.service} / {retail.product} / {retail.sku} / {retail.meter} from {retail.tier} on"
