"""The run store on a third-party emulator: steps, leases, pages and deletion, as on the twin.

All of the suite runs there with SEATRIAL_TESTED_DATABASE=emulator.
"""

from collections.abc import AsyncIterator

import pytest

from frmk.runs.cosmos import CosmosRunStore
from tests.database import third_party
from tests.frmk.runs.conftest import OpenStore
from tests.frmk.runs.cosmos_db import fresh_container
from tests.frmk.runs.test_store_conformance import (
    test_a_deleted_user_leaves_nothing_and_others_stay,
    test_a_long_run_is_read_in_pieces,
    test_an_expired_run_goes_to_its_next_owner_who_shuts_the_first_one_out,
    test_only_one_of_many_owners_acquires_a_run,
    test_only_one_of_many_starts_at_once_wins_the_thread,
    test_only_one_of_many_takes_a_secret,
    test_threads_are_listed_last_updated_first_and_by_id_among_equals,
)

__all__ = [
    "test_a_deleted_user_leaves_nothing_and_others_stay",
    "test_a_long_run_is_read_in_pieces",
    "test_an_expired_run_goes_to_its_next_owner_who_shuts_the_first_one_out",
    "test_only_one_of_many_owners_acquires_a_run",
    "test_only_one_of_many_starts_at_once_wins_the_thread",
    "test_only_one_of_many_takes_a_secret",
    "test_threads_are_listed_last_updated_first_and_by_id_among_equals",
]
pytestmark = pytest.mark.emulator


@pytest.fixture
async def open_store() -> AsyncIterator[OpenStore]:
    async with fresh_container(third_party()) as container:

        async def one() -> CosmosRunStore:
            store = CosmosRunStore(container)
            await store.open()
            return store

        yield one
