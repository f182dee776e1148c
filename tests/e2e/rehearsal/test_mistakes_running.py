"""Mistakes that the app shows once it runs: each fails with its code, Azure's reason and the next step."""

import pytest

from tests.e2e.rehearsal.conftest import Checkout
from tests.e2e.rehearsal.mistakes import DATABASE, in_mode, must_fail

pytestmark = [pytest.mark.long, pytest.mark.twin, pytest.mark.timeout(300)]


@pytest.mark.parametrize("name", [name for name in in_mode("process", running=True) if name not in DATABASE])
def test_a_mistake_is_found_without_docker(name: str, checkout: Checkout) -> None:
    said = checkout.run("up", "dev", "--mode", "process", "--break", name, "--json")

    must_fail(said, name)
    assert not [line for line in checkout.processes() if f"mistakes/{name}" in line]
