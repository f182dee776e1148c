"""The explanations behind the finding codes."""

import pytest
from pydantic import ValidationError

from infra.findings.catalogue import UnknownCodeError, catalogue, explain
from infra.findings.model import Finding


def test_the_first_codes_run_without_a_hole_and_all_are_below_the_policies() -> None:
    codes = list(catalogue())

    assert codes[:30] == [f"ST{number:03}" for number in range(1, 31)]
    assert codes[-1] < "ST100"


@pytest.mark.parametrize("code", list(catalogue()))
def test_every_code_says_what_why_and_what_next(code: str) -> None:
    entry = catalogue()[code]

    assert entry.meaning.endswith(".")
    assert all(len(line) > 15 for line in (*entry.causes, *entry.fixes))


def test_a_code_is_found_in_lower_case() -> None:
    assert explain(" st005 ").title == "The app's identity may not pull from the registry"


def test_an_unknown_code_is_refused_with_the_known_ones() -> None:
    last = list(catalogue())[-1]
    with pytest.raises(UnknownCodeError, match=f"'ST999'; known are ST001 to {last}"):
        explain("ST999")


def test_a_finding_with_a_made_up_code_is_refused() -> None:
    with pytest.raises(ValidationError, match="code"):
        Finding(code="oops", resource="app", message="m", fix="f")
