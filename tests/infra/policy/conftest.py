"""The violating examples of the rules, several to a copy of the program: each copy takes seconds."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest

from infra.mistakes.scratch import edited
from infra.plan import Plan
from infra.policy.catalogue import Rule, rules
from infra.project import Project
from infra.synthesis import synthesise

STACK = "dev"
GROUPS = 3


def group_of(code: str) -> int:
    """Return the copy that an example is in: no two in a copy change the same thing."""
    return int(code.removeprefix("ST")) % GROUPS


def examples_in(group: int) -> list[Rule]:
    return [rule for code, rule in rules().items() if group_of(code) == group]


def settings(chosen: Sequence[Rule]) -> dict[str, Any]:
    every = [key for rule in chosen for key in rule.example.set]
    assert len(every) == len(set(every)), f"two examples of one copy set the same key: {every}"
    return {key: value for rule in chosen for key, value in rule.example.set.items()}


@pytest.fixture(scope="session")
def broken_plan(
    project: Project, bytecode: None, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int], Plan]:
    """Give a function from a group to the plan that holds its examples."""
    folder = tmp_path_factory.mktemp("examples")

    @cache
    def plan(group: int) -> Plan:
        chosen = examples_in(group)
        edits = [edit for rule in chosen for edit in rule.example.edits]
        return synthesise(edited(project, folder / str(group), edits, STACK), STACK, settings(chosen))

    return plan
