"""What the rules are written in: components, and the context a quantity is derived in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from infra.cost.figure import Figure
from infra.cost.model import COLUMNS, DAYS, HOURS, ZERO, Basis, Status
from infra.cost.usage.file import UsageFile
from infra.cost.usage.load import Load
from infra.plan import Plan, PlannedResource

EVERYWHERE = "any"


class UnresolvedError(Exception):
    """Say which input, that sets a resource's price, is not known."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """Hold one thing that is billed, unpriced; a quantity of None is not known.

    `region` is set where the service is not billed in its resource's region.
    """

    name: str
    meter: str
    unit: str
    basis: Basis
    quantity: Mapping[str, Decimal | None]
    formula: tuple[str, ...] = ()
    region: str | None = None


@dataclass(frozen=True, kw_only=True)
class Metered:
    """Hold what a resource is billed by, and why when it is by nothing."""

    status: Status
    components: tuple[Component, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Context:
    """Hold what a rule may look at besides its own inputs."""

    plan: Plan
    usage: UsageFile | None = None

    @property
    def loads(self) -> Mapping[str, Load]:
        """Return the load of each column that depends on use; empty without a usage file."""
        return {} if self.usage is None else Load.columns(self.usage)

    def of_type(self, token: str) -> tuple[PlannedResource, ...]:
        """Return the planned resources of one type, named without the provider."""
        return self.plan.of_type(f"azure-native:{token}")

    def named(self, token: str, key: str, value: object) -> PlannedResource | None:
        """Return the resource of a type that a reference means, by name or URN; None where that is not told.

        A reference that is not known before the deployment can only mean the one resource of that type.
        """
        every = self.of_type(token)
        told = [one for one in every if value is not None and value in (one.inputs.get(key), one.urn)]
        if told or (value is not None and not str(value).startswith("urn:")):
            return told[0] if told else None
        return every[0] if len(every) == 1 else None


Inputs = dict[str, Any]
Rule = Callable[[Inputs, Context], Metered]
Amount = Callable[[Load], Figure | None]


def priced(*components: Component, note: str = "") -> Metered:
    """Return what a resource with a bill is billed by."""
    return Metered(status=Status.PRICED, components=components, note=note)


def fixed(name: str, meter: str, unit: str, amount: Figure, *, region: str | None = None) -> Component:
    """Return a component whose quantity stands from the first day on."""
    quantity: dict[str, Decimal | None] = dict.fromkeys(COLUMNS, amount.value)
    return Component(
        name=name,
        meter=meter,
        unit=unit,
        basis=Basis.FIXED,
        quantity=quantity,
        formula=amount.steps,
        region=region,
    )


def by_use(
    context: Context, name: str, meter: str, unit: str, amount: Amount, *, region: str | None = None
) -> Component:
    """Return a component whose quantity depends on use: nothing when idle, unknown without a figure."""
    figures = {column: amount(load) for column, load in context.loads.items()}
    quantity: dict[str, Decimal | None] = dict.fromkeys(COLUMNS)
    quantity["idle"] = ZERO
    quantity.update({column: None if one is None else one.value for column, one in figures.items()})
    expected = figures.get("expected")
    return Component(
        name=name,
        meter=meter,
        unit=unit,
        basis=Basis.USAGE,
        quantity=quantity,
        formula=expected.steps if expected else ("no usage figure: give one under `quantities`",),
        region=region,
    )


def hourly(name: str, meter: str, unit: str, count: Decimal | int, *, region: str | None = None) -> Component:
    """Return a component that is billed every hour of the month."""
    return fixed(name, meter, unit, Figure.of(count, name).times(HOURS, "hours"), region=region)


def daily(name: str, meter: str, unit: str, count: Decimal | int) -> Component:
    """Return a component that is billed every day of the month."""
    return fixed(name, meter, unit, Figure.of(count, name).times(DAYS, "days"))


def unknown(_: Load) -> Figure | None:
    """Return that a quantity cannot be derived: only `quantities` of the usage file can tell it."""
    return None
