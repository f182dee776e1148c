"""The fixed monthly cost of a plan. What has no price makes the total incomplete, never smaller."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from infra.cost.meters import Component, Status, metered
from infra.cost.prices import Price, PriceTable, price_table
from infra.plan import Plan, PlannedResource

FREE_VCPU_SECONDS = Decimal(180_000)
FREE_GIB_SECONDS = Decimal(360_000)
_GRANTS = {"aca-vcpu-active": FREE_VCPU_SECONDS, "aca-memory-active": FREE_GIB_SECONDS}
_CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Line:
    """Hold one component with its price; `monthly` is None where use decides or no price is known."""

    component: Component
    region: str
    price: Price | None
    granted: Decimal = Decimal(0)

    @property
    def usage_based(self) -> bool:
        """Say whether the quantity depends on use."""
        return self.component.quantity is None

    @property
    def monthly(self) -> Decimal | None:
        """Return what the line costs a month, exactly."""
        if self.component.quantity is None or self.price is None:
            return None
        return (self.component.quantity - self.granted) * self.price.price * self.component.factor


@dataclass(frozen=True, kw_only=True)
class ResourceCost:
    """Hold the lines of one resource."""

    name: str
    type: str
    status: Status
    note: str
    lines: tuple[Line, ...]

    @property
    def monthly(self) -> Decimal | None:
        """Return the resource's fixed cost a month; None where a part of it has no price."""
        if self.status in {Status.UNSUPPORTED, Status.UNRESOLVED}:
            return None
        fixed = [line.monthly for line in self.lines if not line.usage_based]
        known = [amount for amount in fixed if amount is not None]
        return sum(known, Decimal(0)) if len(known) == len(fixed) else None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Hold the estimate of a stack; `unpriced` says, as sentences, what the total lacks."""

    stack: str
    monthly: Decimal
    currency: str
    prices_date: date
    resources: tuple[ResourceCost, ...]
    unpriced: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Say whether everything that is or may be billed has a price."""
        return not self.unpriced

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return the lines of all resources."""
        return tuple(line for resource in self.resources for line in resource.lines)


def estimate(plan: Plan, *, prices: PriceTable | None = None, free_grants: bool = False) -> Estimate:
    """Return the fixed monthly cost of a plan.

    `free_grants` takes off what Container Apps gives each subscription once a month; without it the
    estimate is what a subscription pays that uses its grants elsewhere.
    """
    table = prices or price_table()
    pool = dict(_GRANTS) if free_grants else {}
    resources = tuple(_priced(resource, plan, table, pool) for resource in plan.resources)
    known = [line.monthly for one in resources for line in one.lines if line.monthly is not None]
    return Estimate(
        stack=plan.stack,
        monthly=sum(known, Decimal(0)).quantize(_CENT),
        currency=table.currency,
        prices_date=table.date,
        resources=resources,
        unpriced=tuple(sentence for one in resources for sentence in _missing(one)),
    )


def _priced(
    resource: PlannedResource, plan: Plan, table: PriceTable, pool: dict[str, Decimal]
) -> ResourceCost:
    found = metered(resource, plan)
    region = _region(resource, plan)
    lines = tuple(_line(component, region, table, pool) for component in found.components)
    return ResourceCost(
        name=resource.name, type=resource.type, status=found.status, note=found.note, lines=lines
    )


def _line(component: Component, region: str, table: PriceTable, pool: dict[str, Decimal]) -> Line:
    granted = min(pool.get(component.meter, Decimal(0)), component.quantity or Decimal(0))
    if granted:
        pool[component.meter] -= granted
    return Line(
        component=component, region=region, price=table.find(component.meter, region), granted=granted
    )


def _region(resource: PlannedResource, plan: Plan) -> str:
    """Return where a resource is billed; what lies nowhere is billed where its group is."""
    own = resource.inputs.get("location")
    if isinstance(own, str) and own.lower() != "global":
        return own
    groups = plan.of_type("azure-native:resources:ResourceGroup")
    return str(groups[0].inputs.get("location")) if groups else "unknown"


def _missing(resource: ResourceCost) -> list[str]:
    if resource.status in {Status.UNSUPPORTED, Status.UNRESOLVED}:
        return [f"{resource.name} ({resource.type}): {resource.note}"]
    return [
        f"{resource.name}: no price for {line.component.name} ({line.component.meter}) in {line.region}"
        for line in resource.lines
        if line.price is None
    ]
