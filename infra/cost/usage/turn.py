"""What one turn asks of the database: measured requests, modelled request units."""

import datetime as dt
from decimal import Decimal
from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from infra.cost.figure import Figure


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


class TurnPart(_Row):
    """Hold one store's share of a turn, and how its figures were come by."""

    name: str
    requests: int = Field(ge=0)
    request_units: Decimal = Field(ge=0)
    measured: str


class TurnFigures(_Row):
    """Hold the parts of a turn."""

    date: dt.date
    parts: tuple[TurnPart, ...]

    def request_units(self) -> Figure:
        """Return the RU of a turn, modelled."""
        total = Figure(Decimal(0))
        for part in self.parts:
            named = f"RU, {part.name} (modelled, {part.requests} requests)"
            own = Figure.of(part.request_units, named)
            total = own if not total.steps else total.plus(own)
        return total


@cache
def turn_figures() -> TurnFigures:
    """Return the bundled figures."""
    text = resources.files("infra.cost.usage").joinpath("turn.yaml").read_text(encoding="utf-8")
    return TurnFigures.model_validate(yaml.load(text, Loader=yaml.CSafeLoader))
