"""The rules as data: every rule has a check, an explanation and its place in the docs."""

import pytest
from pydantic import ValidationError

from infra.findings.catalogue import UnknownCodeError
from infra.options.policy import PolicyConfig
from infra.policy.catalogue import Example, rules
from infra.policy.checks import OF_PLAN, OF_RESOURCE
from infra.policy.document import document
from infra.policy.explanations import explain, explanations
from infra.policy.limits import Limits, limits_from, limits_of
from infra.project import Project


def test_every_rule_has_one_check_in_the_order_of_the_codes() -> None:
    assert [rule.name for rule in rules().values()] == [*OF_RESOURCE, *OF_PLAN]


def test_codes_run_from_101_without_a_hole() -> None:
    assert list(rules()) == [f"ST{number}" for number in range(101, 101 + len(rules()))]


def test_explain_knows_findings_and_policies() -> None:
    assert explain(" st101 ").title == "A service that takes keys (mandatory policy)"
    assert explain("ST005").fixes
    assert set(rules()) < set(explanations())


def test_an_unknown_code_is_refused_with_both_ranges() -> None:
    with pytest.raises(UnknownCodeError, match=r"'ST999'; known are ST001 to ST\d+ and ST101 to ST118"):
        explain("ST999")


def test_an_example_either_sets_or_edits() -> None:
    with pytest.raises(ValidationError, match="use one"):
        Example(what="nothing")


def test_the_stack_file_may_replace_every_bound_and_nothing_else() -> None:
    assert set(PolicyConfig.model_fields) == set(Limits.model_fields)


def test_a_stack_replaces_single_bounds() -> None:
    limits = limits_of(PolicyConfig(publicNetwork=False))

    assert limits.public_network is False
    assert limits.regions == limits_from({}).regions


def test_the_docs_are_written_from_the_rules(project: Project) -> None:
    page = project.root / "docs" / "policies.md"

    assert page.read_text(encoding="utf-8") == document(), (
        "write it again: python -m infra.policy.document > docs/policies.md"
    )
