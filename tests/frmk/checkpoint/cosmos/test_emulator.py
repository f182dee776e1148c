"""The saver on a third-party emulator: what the twin accepts, another implementation accepts too.

All of the suite runs there with SEATRIAL_TESTED_DATABASE=emulator.
"""

import pytest

from tests.database import DatabaseServer, third_party
from tests.frmk.checkpoint.cosmos.test_conformance import (
    test_passes_the_conformance_suite_in_every_capability,
)
from tests.frmk.checkpoint.cosmos.test_requests import (
    test_a_turn_takes_ten_requests,
    test_the_state_and_a_short_history_take_one_request,
    test_thirty_writes_take_one_request,
)
from tests.frmk.checkpoint.cosmos.test_turns import (
    test_of_two_turns_at_once_one_is_refused_and_nothing_is_lost,
)

__all__ = [
    "test_a_turn_takes_ten_requests",
    "test_of_two_turns_at_once_one_is_refused_and_nothing_is_lost",
    "test_passes_the_conformance_suite_in_every_capability",
    "test_the_state_and_a_short_history_take_one_request",
    "test_thirty_writes_take_one_request",
]
pytestmark = pytest.mark.emulator


@pytest.fixture(scope="session")
def database_server() -> DatabaseServer:
    return third_party()
