"""Suites: a goal's own examples, or a user's file."""

from pathlib import Path

import pytest

from infra.verify.suite import SuiteError, load_suite, suite_of_goal


def written(folder: Path, text: str, name: str = "suite.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_goals_examples_make_a_suite(tmp_path: Path) -> None:
    body = "name: g\nexamples:\n  verified: go\n  memory:\n    - {message: a, contains: [A]}\n"
    path = written(tmp_path, body, "g/goal.yaml")

    suite = suite_of_goal(path.parent)

    assert (suite.goal, suite.verified, suite.memory[0].contains) == ("g", "go", ("A",))


def test_a_users_suite_adds_questions(tmp_path: Path) -> None:
    path = written(
        tmp_path, "verified: go\nquestions:\n  - {name: price, message: How much, tools: [cost]}\n"
    )

    assert load_suite(path).questions[0].tools == ("cost",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("verified: [", "is not YAML"),
        ("- a", "holds list"),
        ("memory: []", "verified: Field required"),
        ("verified: go\nverifed: x", "verifed: Extra inputs"),
        ("verified: go\nquestions: [{name: A b, message: m}]", "questions.0.name"),
    ],
)
def test_a_bad_suite_is_refused_with_its_key(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(SuiteError, match=reason):
        load_suite(written(tmp_path, text))


def test_a_goal_without_examples_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "name: g\n", "g/goal.yaml")

    with pytest.raises(SuiteError, match=r"examples\.verified is missing"):
        suite_of_goal(path.parent)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"none\.yaml cannot be read"):
        load_suite(tmp_path / "none.yaml")
