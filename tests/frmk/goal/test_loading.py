from collections.abc import Callable
from pathlib import Path

import pytest

from frmk.agents.roster import roster
from frmk.errors import GoalError
from frmk.goal import load_goal, load_goals
from frmk.goal.yaml_lines import MAX_BYTES

Edit = Callable[[str, str], Path]
GOALS = Path(__file__).parents[3] / "app" / "goals"


def refusal(path: Path) -> str:
    with pytest.raises(GoalError) as caught:
        load_goal(path)
    return str(caught.value)


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_bundled_goals_load_by_name() -> None:
    goals = load_goals(GOALS)

    assert "travel_planning" in goals
    assert len(goals["travel_planning"].agents) >= 3


def test_unknown_key_is_refused_with_its_line_and_the_nearest_legal_one(edited: Edit) -> None:
    path = edited("    default: comfort", "    defualt: comfort")

    assert refusal(path).startswith(f"{path}:{line_of(path, 'defualt')}: slots.style.defualt: unknown key.")
    assert "Did you mean 'default'?" in refusal(path)


def test_wrong_value_is_refused_with_its_line_the_value_and_what_is_allowed(edited: Edit) -> None:
    path = edited("pattern: parallel", "pattern: paralell")
    message = refusal(path)

    assert f"{path}:{line_of(path, 'paralell')}: routing.pattern: 'paralell' is not allowed" in message
    assert "'sequential', 'parallel'" in message


def test_missing_key_names_the_mapping_that_lacks_it(edited: Edit) -> None:
    message = refusal(edited("    capabilities: [day plans, opening hours and fees]\n", ""))

    assert "agents.1.capabilities: this key is missing. Allowed here: calls, capabilities" in message


def test_two_agents_of_one_name_are_refused(edited: Edit) -> None:
    path = edited("- name: budget_analyst", "- name: itinerary_planner")
    second = line_of(path, "description: Computes what a stay costs") - 1

    assert f"{path}:{second}: agents.2.name: 'itinerary_planner' is taken" in refusal(path)


def test_agent_named_like_the_supervisor_is_refused(edited: Edit) -> None:
    assert "'supervisor' is taken" in refusal(edited("- name: budget_analyst", "- name: supervisor"))


def test_tool_that_does_not_exist_is_refused(edited: Edit) -> None:
    message = refusal(edited("tools: [plan_days]", "tools: [plan_weeks]"))

    assert "agents.1.tools.0: there is no tool 'plan_weeks'. Allowed: city_profile" in message


def test_unknown_agent_in_a_rule_is_refused(edited: Edit) -> None:
    message = refusal(edited("agents: [itinerary_planner]", "agents: [tour_guide]"))

    assert "routing.rules.1.agents.0: there is no agent 'tour_guide'" in message


def test_unknown_slot_in_a_call_is_refused(edited: Edit) -> None:
    message = refusal(edited("{city: destination, days: days}}", "{city: destination, days: nights}}"))

    assert "there is no slot 'nights'" in message


def test_key_that_stands_there_twice_is_refused(edited: Edit) -> None:
    path = edited("toolkit:", "name: other\ntoolkit:")

    assert f"{path}:{line_of(path, 'name: other')}: the key 'name' stands there twice" in refusal(path)


def test_broken_yaml_names_file_and_line(edited: Edit) -> None:
    path = edited("toolkit: [", "toolkit: [[")

    assert f"{path}:" in refusal(path)
    assert "not valid YAML" in refusal(path)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text"])
def test_file_without_a_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "goal.yaml"
    path.write_text(text)

    assert "the file holds no mapping" in refusal(path)


def test_file_beyond_the_bound_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "goal.yaml"
    path.write_text("#" * (MAX_BYTES + 1))

    assert f"allowed are {MAX_BYTES}" in refusal(path)


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "goal.yaml"
    path.write_text("name: " + "[" * 900 + "]" * 900)

    assert "nested too deeply" in refusal(path)


def test_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "goal.yaml"
    path.write_bytes(b"name: \xff\xfe")

    assert "not UTF-8" in refusal(path)


def test_absent_file_is_refused_by_name(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "goal.yaml")


def test_pattern_that_is_no_regular_expression_is_refused(edited: Edit) -> None:
    message = refusal(edited("(?i)\\b(", "(?i)\\b(("))

    assert "not a regular expression" in message


def test_broken_file_of_tools_is_refused_with_its_error(edited: Edit) -> None:
    path = edited("toolkit: [", "toolkit: [")
    (path.parent / "tools" / "places.py").write_text("import nothing_of_that_name\n")

    assert "cannot be imported: ModuleNotFoundError" in refusal(path)


def test_folder_without_goals_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoalError, match="no goal here"):
        load_goals(tmp_path)


def test_roster_lists_the_supervisor_first() -> None:
    names = [agent["name"] for agent in roster(load_goals(GOALS)["travel_planning"])]

    assert names[0] == "supervisor"
    assert len(names) >= 4
