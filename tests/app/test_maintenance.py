"""One round of maintenance on a real database, and the command as a process of its own."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import DatabaseProxy

from app.maintenance import Maintenance
from frmk.checkpoint.cosmos import CHECKPOINTS, CosmosSaver
from frmk.errors import ThreadNotFoundError
from frmk.runs.clock import utc_now
from frmk.runs.cosmos import CosmosRunStore
from frmk.runs.ids import thread_key
from tests.database import cosmos_database, database_server
from tests.frmk.checkpoint.cosmos.graphs import thread, three_nodes
from tests.frmk.runs.cosmos_db import everything, runs_container
from tests.frmk.runs.test_store_conformance import a_run, create

__all__ = ["cosmos_database", "database_server"]
DAY = timedelta(days=1)


class Database:
    """Threads of two users, each with a run and a graph's checkpoints, updated so many days ago."""

    def __init__(self, store: CosmosRunStore, saver: CosmosSaver) -> None:
        self.store, self.saver, self.now = store, saver, utc_now()

    async def thread(self, user: str, thread_id: str, days: float) -> None:
        run = a_run(f"r-{user}-{thread_id}", thread_id, user, self.now - days * DAY)
        await create(self.store, run)
        config = thread(thread_key(user, thread_id))
        await three_nodes(self.saver).ainvoke({"log": [], "first": "", "second": ""}, config)

    async def checkpoints(self, user: str, thread_id: str) -> int:
        found = self.saver.alist(thread(thread_key(user, thread_id)))
        return len([one async for one in found])

    async def maintained(self, retention_days: float | None = None) -> Maintenance:
        found = Maintenance(self.store, self.saver)
        seconds = None if retention_days is None else round(retention_days * 86_400)
        await found.run(retention_seconds=seconds, lately=8 * DAY, now=self.now)
        return found


@pytest.fixture
async def database(cosmos_database: DatabaseProxy) -> Database:
    kept = await cosmos_database.create_container(
        CHECKPOINTS.name,
        PartitionKey(CHECKPOINTS.partition_key),
        indexing_policy=dict(CHECKPOINTS.indexing_policy()),
        default_ttl=-1,
    )
    store = CosmosRunStore(await runs_container(cosmos_database))
    await store.open()
    return Database(store, CosmosSaver(kept))


async def test_only_what_was_used_lately_and_is_quiet_is_pruned(database: Database) -> None:
    await database.thread("ana", "busy", 0)
    await database.thread("ana", "lately", 1)
    await database.thread("ben", "old", 100)

    done = (await database.maintained()).done

    assert (done.pruned, done.deleted, done.failed) == (1, 0, 0)
    assert await database.checkpoints("ana", "lately") == 1
    assert await database.checkpoints("ana", "busy") == 5
    assert await database.checkpoints("ben", "old") == 5


async def test_threads_that_outlived_the_retention_are_deleted_with_every_trace(database: Database) -> None:
    await database.thread("ana", "t", 1)
    await database.thread("ben", "t", 100)

    done = (await database.maintained(retention_days=90)).done

    assert (done.deleted, done.finished) == (1, 0)
    assert await database.checkpoints("ben", "t") == 0
    with pytest.raises(ThreadNotFoundError):
        await database.store.thread("ben", "t")
    assert "r-ben-t" not in json.dumps(await everything(database.store._container))
    assert (await database.store.thread("ana", "t")).user == "ana"


async def test_a_deletion_that_broke_off_is_finished(database: Database) -> None:
    await database.thread("ana", "t", 1)
    await database.store.begin_delete("ana", "t")
    database.now += DAY

    done = (await database.maintained()).done

    assert (done.finished, done.pruned) == (1, 0)
    assert await database.checkpoints("ana", "t") == 0


def test_the_command_says_that_there_is_nothing_to_tidy_without_a_database() -> None:
    environment = {"PATH": os.environ["PATH"], "SEATRIAL_AUTH": "open"}
    ended = subprocess.run(
        [sys.executable, "-m", "app.maintenance"], env=environment, capture_output=True, text=True, check=True
    )

    assert ended.stdout.startswith("nothing to tidy")
    assert ended.stderr == ""
