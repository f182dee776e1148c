"""A stack with Entra ID: its app believes the tokens that the twin signs as the tenant's issuer."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.rehearsal.conftest import Checkout

pytestmark = [pytest.mark.long, pytest.mark.twin, pytest.mark.model, pytest.mark.timeout(300)]


@pytest.fixture
def staged(copied: Callable[[str], Iterator[Checkout]]) -> Iterator[Checkout]:
    making = copied("staging")
    checkout = next(making)
    yield checkout
    checkout.run("down", "staging")
    next(making, None)


def test_staging_ends_with_a_verified_answer(staged: Checkout) -> None:
    said = staged.run("up", "staging", "--mode", "process", "--json")

    assert said.code == 0, said.err + said.out
    assert said.body["ok"] is True
    assert said.body["findings"] == []
