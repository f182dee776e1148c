import json
from pathlib import Path
from typing import Any

import pytest

from frmk.errors import ToolInputError
from frmk.goal import load_goal
from frmk.tools.calling import call_tool
from frmk.tools.registry import load_tools

GOAL = Path(__file__).parents[3] / "app" / "goals" / "travel_planning" / "goal.yaml"
TOOLS = load_tools(load_goal(GOAL))


async def output(tool: str, **values: Any) -> dict[str, Any]:
    return await call_tool(TOOLS[tool], values, timeout=1, attempts=1)


async def refusal(tool: str, **values: Any) -> str:
    with pytest.raises(ToolInputError) as caught:
        await output(tool, **values)
    return str(caught.value)


async def test_unknown_city_lists_the_nearest_names() -> None:
    assert "There is no city 'Lisbonn'. Nearest: Lisbon" in await refusal("city_profile", city="Lisbonn")


async def test_city_far_from_any_name_lists_the_known_ones() -> None:
    assert "Known: Amsterdam, Athens" in await refusal("city_profile", city="Xyzzy")


@pytest.mark.parametrize("days", [0, 31, -1])
async def test_days_out_of_range_are_refused(days: int) -> None:
    assert f"days={days} is refused" in await refusal("plan_days", city="Lisbon", days=days)


async def test_unknown_argument_is_refused() -> None:
    assert "nights=3 is refused" in await refusal("plan_days", city="Lisbon", days=3, nights=3)


async def test_unknown_month_is_refused_with_the_months() -> None:
    message = await refusal("climate", city="Lisbon", month="Mai")

    assert "'Mai' is refused" in message
    assert "'May'" in message


async def test_city_is_known_by_its_other_names_and_without_accents() -> None:
    assert (await output("city_profile", city="lisboa"))["city"] == "Lisbon"
    assert (await output("city_profile", city="munchen"))["city"] == "Munich"


async def test_distance_is_the_great_circle() -> None:
    found = await output("distance", origin="London", destination="New York")

    assert found["kilometres"] == pytest.approx(5570, rel=0.01)


async def test_budget_adds_up_and_grows_with_days_and_people() -> None:
    short = await output("trip_budget", city="Rome", days=2, travellers=2)
    long = await output("trip_budget", city="Rome", days=4, travellers=2)

    assert sum(short["costs_eur"].values()) == pytest.approx(short["total_eur"], abs=2)
    assert long["total_eur"] > short["total_eur"]


async def test_traveller_without_company_pays_the_whole_room() -> None:
    one = await output("trip_budget", city="Rome", days=2, travellers=1)
    two = await output("trip_budget", city="Rome", days=2, travellers=2)

    assert one["costs_eur"]["lodging"] == two["costs_eur"]["lodging"]


@pytest.mark.parametrize("days", [1, 3, 30])
async def test_plan_repeats_no_sight_and_fits_into_days(days: int) -> None:
    plan = (await output("plan_days", city="Paris", days=days))["plan"]
    names = [sight["name"] for day in plan for sight in day["sights"]]

    assert len(plan) == days
    assert len(names) == len(set(names))
    assert all(day["hours"] <= 7 for day in plan)


async def test_suggestions_depend_on_month_and_style() -> None:
    summer = await output("suggest_cities", month="July", style="budget")
    winter = await output("suggest_cities", month="January", style="budget")

    assert summer["cities"] != winter["cities"]


async def test_every_tool_has_a_schema_for_models() -> None:
    for tool in TOOLS.values():
        function = tool.schema()["function"]
        assert function["name"] == tool.name
        assert function["parameters"]["additionalProperties"] is False


async def test_data_holds_at_least_20_complete_cities() -> None:
    rows = json.loads((GOAL.parent / "data" / "cities.json").read_text())["rows"]

    assert len(rows) >= 20
    assert all(len(row["climate"]) == 12 and len(row["attractions"]) >= 6 for row in rows.values())
    assert all(month["low"] < month["high"] for row in rows.values() for month in row["climate"])


async def test_hints_for_models_hold_no_figures() -> None:
    for name, values in {
        "city_profile": {"city": "Lisbon"},
        "climate": {"city": "Lisbon", "month": "May"},
        "plan_days": {"city": "Lisbon", "days": 3},
        "trip_budget": {"city": "Lisbon", "days": 3},
        "suggest_cities": {"month": "May"},
        "distance": {"origin": "Lisbon", "destination": "Porto"},
    }.items():
        hint = TOOLS[name].hint(await output(name, **values))
        assert not any(char.isdigit() for char in hint)
