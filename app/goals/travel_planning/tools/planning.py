"""Tools about a stay: which sights on which day, and what it costs."""

from decimal import Decimal
from math import cos, hypot, radians
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from frmk.tools.tables import Table, read_table
from frmk.tools.tool import Arguments, Output, Tool

Style = Literal["budget", "comfort", "luxury"]
Days = Annotated[int, Field(ge=1, le=30)]
_HOURS_A_DAY = 7.0
_DEGREE_KM = 111.2
_SHARED_ROOM = 2


class PlanArguments(Arguments):
    """Name a city and a number of days."""

    city: str = Field(min_length=1)
    days: Days


class BudgetArguments(PlanArguments):
    """Name a stay, who travels and how."""

    travellers: Annotated[int, Field(ge=1, le=12)] = 1
    style: Style = "comfort"


def tools(folder: Path) -> list[Tool]:
    """Make the tools over the data in a goal's folder."""
    planner = Planner(read_table(folder / "data" / "cities.json"))
    return [
        Tool(
            name="plan_days",
            description="Sights for each day of a stay, near ones on the same day.",
            arguments=PlanArguments,
            run=planner.plan,
            tell=_tell_plan,
            hint=_hint_plan,
        ),
        Tool(
            name="trip_budget",
            description="What a stay costs: lodging, food, transport and entrance fees.",
            arguments=BudgetArguments,
            run=planner.budget,
            tell=_tell_budget,
            hint=lambda _: "The costs are below.",
        ),
    ]


class Planner:
    """Plan stays over the table of cities."""

    def __init__(self, cities: Table) -> None:
        self._cities = cities

    async def plan(self, arguments: PlanArguments) -> Output:
        """Return the sights of each day with hours and fees."""
        row = self._cities.row(arguments.city)
        days = _filled_days(row, arguments.days)
        plan = [
            {
                "day": number,
                "hours": sum(sight["hours"] for sight in sights),
                "sights": [{key: sight[key] for key in ("name", "kind", "hours", "fee")} for sight in sights],
            }
            for number, sights in enumerate(days, 1)
        ]
        free = [day["day"] for day in plan if not day["sights"]]
        return {"city": row["name"], "days": arguments.days, "plan": plan, "free_days": free}

    async def budget(self, arguments: BudgetArguments) -> Output:
        """Return each cost and their sum, in EUR."""
        row = self._cities.row(arguments.city)
        daily = {name: Decimal(str(value)) for name, value in row["daily_costs"][arguments.style].items()}
        fees = sum(
            (Decimal(str(s["fee"])) for day in _filled_days(row, arguments.days) for s in day), Decimal(0)
        )
        people, days = arguments.travellers, arguments.days
        # A traveller without company pays the other bed of the room as well.
        beds = people + people % _SHARED_ROOM
        costs = {
            "lodging": daily["lodging"] * beds * days,
            "food": daily["food"] * people * days,
            "transport": daily["transport"] * people * days,
            "entrance_fees": fees * people,
        }
        total = sum(costs.values(), Decimal(0))
        return {
            "city": row["name"],
            "days": days,
            "travellers": people,
            "style": arguments.style,
            "costs_eur": {name: _amount(value) for name, value in costs.items()},
            "total_eur": _amount(total),
            "per_person_eur": _amount(total / people),
        }


def _amount(value: Decimal) -> int:
    return int(value.to_integral_value())


def _filled_days(row: dict[str, Any], days: int) -> list[list[dict[str, Any]]]:
    """Fill day after day: begin with the first sight that is left, go on with the nearest that fits."""
    left = list(row["attractions"])
    share = max(1, -(-len(left) // days))
    filled: list[list[dict[str, Any]]] = []
    for _ in range(days):
        day: list[dict[str, Any]] = []
        while left and len(day) < share:
            sight = left[0] if not day else min(left, key=lambda other: _kilometres(day[-1], other))
            if sum(s["hours"] for s in day) + sight["hours"] > _HOURS_A_DAY:
                break
            left.remove(sight)
            day.append(sight)
        filled.append(day)
    return filled


def _kilometres(first: dict[str, Any], second: dict[str, Any]) -> float:
    east = (second["longitude"] - first["longitude"]) * cos(radians(first["latitude"]))
    return _DEGREE_KM * hypot(second["latitude"] - first["latitude"], east)


def _tell_plan(out: Output) -> str:
    lines = []
    for day in out["plan"]:
        if day["sights"]:
            sights = ", ".join(f"{s['name']} ({s['hours']:g} h, {_fee(s['fee'])})" for s in day["sights"])
            lines.append(f"- Day {day['day']}: {sights}")
    if out["free_days"]:
        lines.append(
            f"- Without a plan: {len(out['free_days'])} of {out['days']} days, for walks and day trips"
        )
    return f"**Your {out['days']} days in {out['city']}**\n" + "\n".join(lines)


def _fee(fee: float) -> str:
    return f"{fee:g} EUR" if fee else "free"


def _hint_plan(out: Output) -> str:
    sights = [sight["name"] for day in out["plan"] for sight in day["sights"]][:3]
    return f"Sights: {', '.join(sights)}."


def _tell_budget(out: Output) -> str:
    parts = ", ".join(f"{name.replace('_', ' ')} {value} EUR" for name, value in out["costs_eur"].items())
    who = "1 traveller" if out["travellers"] == 1 else f"{out['travellers']} travellers"
    return (
        f"**Cost** of {out['days']} days in {out['city']} for {who}, {out['style']} style: "
        f"{out['total_eur']} EUR, that is {out['per_person_eur']} EUR a person ({parts}). "
        "Flights not included."
    )
