from pathlib import Path

import pytest

from frmk.errors import GoalError
from frmk.goal import load_goal
from frmk.prompts.files import FilePrompts
from frmk.prompts.prompt import parse_prompt

GOAL = Path(__file__).parents[3] / "app" / "goals" / "travel_planning" / "goal.yaml"


def test_prompt_sees_every_key_of_the_goal() -> None:
    """Regression: an earlier loader handed the prompt a part of the configuration only."""
    goal = load_goal(GOAL)
    configuration = goal.configuration()
    text = "# user\n" + "\n".join(f"{key}={{{{ goal.{key} }}}}" for key in type(goal).model_fields)

    rendered = parse_prompt("p", text, configuration).render(configuration, {})[0].content

    assert set(configuration) == set(type(goal).model_fields)
    for key in configuration:
        assert f"{key}=" in rendered
    assert f"name={goal.name}" in rendered
    assert goal.examples.verified in rendered


def test_nested_keys_and_list_items_can_be_filled_in() -> None:
    configuration = load_goal(GOAL).configuration()
    prompt = parse_prompt(
        "p", "# user\n{{ goal.agents.0.name }} {{ goal.limits.tool_attempts }}", configuration
    )

    assert prompt.render(configuration, {})[0].content == "destination_expert 3"


def test_place_that_the_goal_cannot_fill_is_refused() -> None:
    with pytest.raises(GoalError, match="there is no 'colour'"):
        parse_prompt("p", "# user\n{{ goal.colour }}", {"name": "x"})


def test_place_that_nothing_fills_is_refused() -> None:
    with pytest.raises(GoalError, match=r"nothing fills .* weather "):
        parse_prompt("p", "# user\n{{ weather }}", {})


def test_value_is_not_expanded_again() -> None:
    prompt = parse_prompt("p", "# user\n{{ message }}", {})

    assert prompt.render({}, {"message": "{{ goal.name }}"})[0].content == "{{ goal.name }}"


def test_value_that_a_turn_does_not_know_is_left_empty() -> None:
    prompt = parse_prompt("p", "# user\nTrip: {{ slots.destination }}.", {})

    assert prompt.render({}, {"slots": {}})[0].content == "Trip: ."


@pytest.mark.parametrize("text", ["", "hello", "# system\nonly"])
def test_prompt_without_a_user_part_is_refused(text: str) -> None:
    with pytest.raises(GoalError):
        parse_prompt("p", text, {})


def test_examples_become_turns_of_a_conversation() -> None:
    prompt = parse_prompt("p", "# system\ns\n# example\nq\n# answer\na\n# user\nu", {})

    assert [part.role for part in prompt.parts] == ["system", "user", "assistant", "user"]


def test_earlier_versions_can_be_listed_and_loaded(tmp_path: Path) -> None:
    for name, text in {"a.md": "new", "a.v1.md": "old", "a.v2.md": "older"}.items():
        (tmp_path / name).write_text(f"# user\n{text}")
    prompts = FilePrompts(tmp_path, {})

    assert prompts.versions("a.md") == ["v1", "v2"]
    assert prompts.load("a.md").parts[0].content == "new"
    assert prompts.load("a.md", "v1").parts[0].content == "old"
    assert prompts.load("a.md").version != prompts.load("a.md", "v1").version


def test_version_that_is_not_kept_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# user\nx")

    with pytest.raises(GoalError, match=r"has no version '\.\./b'\. Kept: none"):
        FilePrompts(tmp_path, {}).load("a.md", "../b")
