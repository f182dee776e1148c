"""The bundled stacks break nothing; each rule's example breaks that rule, and the examples break no other."""

from collections.abc import Callable

import pytest

from infra.config import load_stack
from infra.plan import Plan
from infra.policy.catalogue import rules
from infra.policy.limits import Limits, limits_from, limits_of
from infra.policy.verdict import judge
from infra.project import Project
from tests.infra.policy.conftest import GROUPS, examples_in, group_of, settings

PREFIX = "policy."


def bounds_of(group: int) -> Limits:
    given = settings(examples_in(group)).items()
    return limits_from({key.removeprefix(PREFIX): value for key, value in given if key.startswith(PREFIX)})


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_a_bundled_stack_breaks_no_policy(
    stack: str, project: Project, plan_of: Callable[[str], Plan]
) -> None:
    verdict = judge(plan_of(stack), limits_of(load_stack(project, stack).policy))

    assert (verdict.findings, verdict.advice) == ((), ())


@pytest.mark.parametrize("code", rules())
def test_the_example_breaks_its_rule(code: str, broken_plan: Callable[[int], Plan]) -> None:
    verdict = judge(broken_plan(group_of(code)), bounds_of(group_of(code)))

    told = verdict.findings if rules()[code].mandatory else verdict.advice
    found = [finding for finding in told if finding.code == code]
    assert found
    assert all(finding.fix and finding.message.endswith(".") for finding in found)


@pytest.mark.parametrize("group", range(GROUPS))
def test_examples_break_no_other_rule(group: int, broken_plan: Callable[[int], Plan]) -> None:
    verdict = judge(broken_plan(group), bounds_of(group))

    broken = {finding.code for finding in (*verdict.findings, *verdict.advice)}
    assert broken == {rule.code for rule in examples_in(group)}
