"""The estimate of a plan: what is billed, times what it costs. What has no price is said, never zero."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from infra.cost.meters import Component, Context, metered
from infra.cost.model import Basis, Estimate, Line, ResourceCost
from infra.cost.pool import Pool
from infra.cost.prices import PriceTable, price_table
from infra.cost.usage.file import UsageFile, UsageFileError
from infra.plan import Plan, PlannedResource

__all__ = ["Estimate", "estimate", "estimate_all"]


def estimate(
    plan: Plan,
    *,
    usage: UsageFile | None = None,
    prices: PriceTable | None = None,
    free_grants: bool = False,
) -> Estimate:
    """Return a month's cost of a plan: idle, expected and busy.

    Without `usage` only the fixed part is known. `free_grants` takes off what Azure gives each
    subscription once a month; without it the estimate is what a subscription pays that uses its grants
    elsewhere. Raises UsageFileError for a `quantities` key that is no line of the plan.
    """
    pool = Pool() if free_grants else Pool.empty()
    return _estimate(plan, usage, prices or price_table(), pool)


def estimate_all(
    plans: Iterable[Plan],
    *,
    usage: Mapping[str, UsageFile] | None = None,
    prices: PriceTable | None = None,
    free_grants: bool = False,
) -> list[Estimate]:
    """Return the estimates of plans that share one subscription, its free amounts taken off once.

    `usage` is by stack; see `estimate`.
    """
    pool = Pool() if free_grants else Pool.empty()
    table = prices or price_table()
    return [_estimate(plan, (usage or {}).get(plan.stack), table, pool) for plan in plans]


def _estimate(plan: Plan, usage: UsageFile | None, table: PriceTable, pool: Pool) -> Estimate:
    context = Context(plan=plan, usage=usage)
    pricing = _Pricing(context, table, pool)
    found = Estimate(
        stack=plan.stack,
        currency=table.currency,
        prices_date=table.date,
        resources=tuple(map(pricing.priced, plan.resources)),
        usage=usage,
    )
    if pricing.given:
        raise _no_line(found, pricing.given)
    return found


def _no_line(found: Estimate, given: Mapping[str, Decimal]) -> UsageFileError:
    key, value = next(iter(given.items()))
    known = ", ".join(line.id for line in found.lines if line.basis is Basis.USAGE)
    message = f"quantities.{key} ({value}) is no line that depends on use; those are: {known}"
    return UsageFileError(f"stacks/usage.{found.stack}.yaml", message)


class _Pricing:
    """Price the resources of one plan in order; `given` are the usage file's quantities not yet used."""

    def __init__(self, context: Context, table: PriceTable, pool: Pool) -> None:
        self._context = context
        self._table = table
        self._pool = pool
        self._ids: Counter[str] = Counter()
        self.given = dict(context.usage.quantities) if context.usage else {}

    def priced(self, resource: PlannedResource) -> ResourceCost:
        """Return what one resource costs."""
        found = metered(resource, self._context)
        region = _region(resource, self._context)
        return ResourceCost(
            name=resource.name,
            type=resource.type,
            status=found.status,
            note=found.note,
            lines=tuple(self._line(resource.name, one, one.region or region) for one in found.components),
        )

    def _line(self, name: str, component: Component, region: str) -> Line:
        line = self._overridden(
            Line(
                id=self._id(f"{name}.{_slug(component.name)}"),
                component=component.name,
                meter=component.meter,
                unit=component.unit,
                basis=component.basis,
                region=region,
                price=self._table.find(component.meter, region),
                quantity=component.quantity,
                formula=component.formula,
            )
        )
        return replace(line, granted=self._pool.take(line.meter, line.quantity))

    def _id(self, wanted: str) -> str:
        """Return an id of its own: resources of two types may share a name."""
        self._ids[wanted] += 1
        return wanted if self._ids[wanted] == 1 else f"{wanted}-{self._ids[wanted]}"

    def _overridden(self, line: Line) -> Line:
        """Return a line with the quantity that the usage file itself gives; each key is used up."""
        usage = self._context.usage
        if usage is None or line.basis is Basis.FIXED or line.id not in self.given:
            return line
        own = self.given.pop(line.id)
        quantity: dict[str, Decimal | None] = {
            **line.quantity,
            "expected": own,
            "busy": own * usage.peak_factor,
        }
        return replace(line, quantity=quantity, formula=(f"{own} {line.unit}: quantities.{line.id}",))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _region(resource: PlannedResource, context: Context) -> str:
    """Return where a resource is billed; what lies nowhere is billed where its group is."""
    own = resource.inputs.get("location")
    if isinstance(own, str) and own.lower() != "global":
        return own.lower().replace(" ", "")
    groups = context.of_type("resources:ResourceGroup")
    return str(groups[0].inputs.get("location")) if groups else "unknown"
