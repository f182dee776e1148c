"""Tools about places: what a city is like, its weather, how far it is, and where to go."""

from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field

from frmk.tools.tables import Table, read_table
from frmk.tools.tool import Arguments, Output, Tool

Month = Literal[
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip
Style = Literal["budget", "comfort", "luxury"]
MONTHS: tuple[str, ...] = get_args(Month)
_EARTH_KM = 6371.0
_CRUISE_KMH = 800.0
_PLEASANT = 22
_SUGGESTIONS = 3
_DRY_DAYS = ((20, "dry"), (60, "some rain"), (100, "rainy"))
_WARMTH = ((5, "cold"), (12, "cool"), (19, "mild"), (27, "warm"))


class CityArguments(Arguments):
    """Name a city."""

    city: str = Field(min_length=1)


class ClimateArguments(CityArguments):
    """Name a city and perhaps a month."""

    month: Month | None = None


class DistanceArguments(Arguments):
    """Name two cities."""

    origin: str = Field(min_length=1)
    destination: str = Field(min_length=1)


class SuggestArguments(Arguments):
    """Name a month and a style."""

    month: Month
    style: Style = "comfort"


def tools(folder: Path) -> list[Tool]:
    """Make the tools over the data in a goal's folder."""
    places = Places(read_table(folder / "data" / "cities.json"))
    return [
        Tool(
            name="city_profile",
            description="What a city is known for, its country and its currency.",
            arguments=CityArguments,
            run=places.profile,
            tell=_tell_profile,
            hint=lambda out: f"Country: {out['country']}. Known for: {out['known_for']}.",
        ),
        Tool(
            name="climate",
            description="Temperatures and rain of a city in a month; without a month its best months.",
            arguments=ClimateArguments,
            run=places.climate,
            tell=_tell_climate,
            hint=_hint_climate,
        ),
        Tool(
            name="distance",
            description="How far two cities are from each other.",
            arguments=DistanceArguments,
            run=places.distance,
            tell=lambda out: (
                f"**Distance** {out['origin']} to {out['destination']}: {out['kilometres']} km in a straight "
                f"line, about {out['flight_hours']} h in the air."
            ),
            hint=lambda out: f"From: {out['origin']}.",
        ),
        Tool(
            name="suggest_cities",
            description="Cities with pleasant weather in a month, cheapest first.",
            arguments=SuggestArguments,
            run=places.suggest,
            tell=_tell_suggestions,
            hint=lambda out: (
                f"Cities for {out['month']}: {', '.join(city['city'] for city in out['cities'])}."
            ),
        ),
    ]


class Places:
    """Answer from the table of cities."""

    def __init__(self, cities: Table) -> None:
        self._cities = cities

    async def profile(self, arguments: CityArguments) -> Output:
        """Return what a city is known for."""
        row = self._cities.row(arguments.city)
        return {
            "city": row["name"],
            "country": row["country"],
            "currency": row["currency"],
            "known_for": row["known_for"],
        }

    async def climate(self, arguments: ClimateArguments) -> Output:
        """Return a month's climate, or the best months."""
        row = self._cities.row(arguments.city)
        months = {name: _month(row, name) for name in MONTHS}
        if arguments.month is not None:
            return {"city": row["name"], "month": arguments.month, **months[arguments.month]}
        best = sorted(MONTHS, key=lambda name: _discomfort(months[name]))[:_SUGGESTIONS]
        return {"city": row["name"], "best_months": sorted(best, key=MONTHS.index)}

    async def distance(self, arguments: DistanceArguments) -> Output:
        """Return the distance by haversine and the time in the air."""
        origin, destination = self._cities.row(arguments.origin), self._cities.row(arguments.destination)
        kilometres = haversine(origin, destination)
        return {
            "origin": origin["name"],
            "destination": destination["name"],
            "kilometres": round(kilometres),
            "flight_hours": round(kilometres / _CRUISE_KMH + 0.5, 1),
        }

    async def suggest(self, arguments: SuggestArguments) -> Output:
        """Return the most pleasant cities of a month, the cheapest of them first."""
        rows = sorted(self._cities, key=lambda row: _discomfort(_month(row, arguments.month)))
        cities = [_suggestion(row, arguments) for row in rows[:_SUGGESTIONS]]
        cities.sort(key=lambda city: city["per_day_eur"])
        return {"month": arguments.month, "style": arguments.style, "cities": cities}


def haversine(first: dict[str, Any], second: dict[str, Any]) -> float:
    """Return the kilometres between two rows with latitude and longitude."""
    lat1, lat2 = radians(first["latitude"]), radians(second["latitude"])
    east = radians(second["longitude"] - first["longitude"])
    chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin(east / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(chord))


def _month(row: dict[str, Any], month: str) -> dict[str, Any]:
    climate = row["climate"][MONTHS.index(month)]
    return {
        "high_celsius": climate["high"],
        "low_celsius": climate["low"],
        "rain_mm": climate["rain"],
        "feels": _word(climate["high"], _WARMTH, "hot"),
        "sky": _word(climate["rain"], _DRY_DAYS, "very rainy"),
    }


def _word(value: float, steps: tuple[tuple[int, str], ...], beyond: str) -> str:
    return next((word for limit, word in steps if value < limit), beyond)


def _discomfort(month: dict[str, Any]) -> float:
    return abs(float(month["high_celsius"]) - _PLEASANT) + float(month["rain_mm"]) / 10


def _suggestion(row: dict[str, Any], arguments: SuggestArguments) -> dict[str, Any]:
    month = _month(row, arguments.month)
    return {
        "city": row["name"],
        "country": row["country"],
        "high_celsius": month["high_celsius"],
        "rain_mm": month["rain_mm"],
        "per_day_eur": sum(row["daily_costs"][arguments.style].values()),
    }


def _tell_profile(out: Output) -> str:
    return f"**{out['city']}, {out['country']}**: {out['known_for']}. Currency: {out['currency']}."


def _tell_climate(out: Output) -> str:
    if "best_months" in out:
        return f"**Best months** for {out['city']}: {', '.join(out['best_months'])}."
    return (
        f"**Weather** in {out['city']} in {out['month']}: up to {out['high_celsius']} °C by day, "
        f"{out['low_celsius']} °C at night, {out['rain_mm']} mm of rain in the month "
        f"({out['feels']}, {out['sky']})."
    )


def _hint_climate(out: Output) -> str:
    if "best_months" in out:
        return f"Best months: {', '.join(out['best_months'])}."
    return f"Weather in {out['month']}: {out['feels']}, {out['sky']}."


def _tell_suggestions(out: Output) -> str:
    lines = [
        f"- {city['city']}, {city['country']}: up to {city['high_celsius']} °C, "
        f"{city['rain_mm']} mm of rain, about {city['per_day_eur']} EUR a day"
        for city in out["cities"]
    ]
    return f"**Where to go in {out['month']}** ({out['style']} style):\n" + "\n".join(lines)
