"""Mistakes that are refused before the app runs: each with its code, Azure's reason and the next step.

That the unedited program passes is what `test_up` begins with.
"""

import pytest

from tests.e2e.rehearsal.conftest import Checkout
from tests.e2e.rehearsal.mistakes import in_mode, must_fail

pytestmark = [pytest.mark.long, pytest.mark.twin, pytest.mark.timeout(300)]


@pytest.mark.parametrize("name", in_mode("process", running=False))
def test_a_mistake_is_found_without_docker(name: str, checkout: Checkout) -> None:
    said = checkout.run("up", "dev", "--mode", "process", "--break", name, "--json")

    must_fail(said, name)
    assert not [line for line in checkout.processes() if f"mistakes/{name}" in line]


@pytest.mark.model
def test_what_process_mode_cannot_show_is_said(checkout: Checkout) -> None:
    said = checkout.run("up", "dev", "--mode", "process", "--break", "platform", "--json")

    assert said.code == 0, said.err
    assert any("linux/arm64" in sentence for sentence in said.body["not_shown"])


def test_for_a_person_the_reason_and_the_next_step_are_printed(checkout: Checkout) -> None:
    said = checkout.run("up", "dev", "--mode", "process", "--break", "secret")

    assert said.code == 1
    assert "expected finding ST004" in said.err
    for words in ("ST004", "next step", "seatrial explain ST004"):
        assert words in said.out
    assert "Traceback" not in said.out + said.err
