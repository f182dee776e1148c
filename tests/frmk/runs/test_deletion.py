"""Deletions that broke off are finished, users are deleted whole, on every store."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from frmk.errors import ThreadNotFoundError
from frmk.runs.engine import RunEngine
from tests.frmk.runs.scripted import LIMITS, ScriptExecutor, ask, told, whole_turn

# A deletion is left to its engine for four leases.
SOON = LIMITS.model_copy(update={"lease_seconds": 0.15})


class Breaking(ScriptExecutor):
    async def forget(self, user, thread_id):
        raise OSError("the checkpoints cannot be reached")


async def finished(store):
    """Wait until no deletion is left to be done."""
    for _ in range(500):
        if not await store.deleting(datetime.now(UTC) + timedelta(hours=1)):
            return
        await asyncio.sleep(0.02)


async def begin_deletion(engine_on, store):
    """Leave a thread behind whose deletion broke off before its checkpoints were forgotten."""
    engine = await engine_on(store, Breaking(), "one", SOON)
    run = await engine.start(ask(thread_id="t"))
    await engine.wait("ana", run.run_id)
    with pytest.raises(OSError, match="cannot be reached"):
        await engine.delete_thread("ana", "t")
    await engine.close()


async def test_a_deletion_that_broke_off_is_finished_by_another_engine_with_its_checkpoints(
    open_store, engine_on
):
    await begin_deletion(engine_on, await open_store())
    store = await open_store()
    executor = ScriptExecutor()

    engine = await engine_on(store, executor, "two", SOON)
    await finished(store)

    assert executor.forgotten == [("ana", "t")]
    assert await engine.finish_deletions() == []
    with pytest.raises(ThreadNotFoundError):
        await store.begin_delete("ana", "t")


async def test_a_deletion_under_way_is_left_to_the_engine_that_began_it(open_store, engine_on):
    store = await open_store()
    long = LIMITS.model_copy(update={"lease_seconds": 30.0})
    engine = await engine_on(store, ScriptExecutor(), "one", long)
    await engine.wait("ana", (await engine.start(ask(thread_id="t"))).run_id)
    await store.begin_delete("ana", "t")

    assert await engine.finish_deletions() == []


async def test_a_thread_that_cannot_be_deleted_does_not_keep_the_others(open_store, engine_on, monkeypatch):
    store = await open_store()
    executor = ScriptExecutor()
    engine = RunEngine(store, executor, owner="one", limits=SOON)

    async def deleting(_before):
        return [("ana", "gone"), ("ana", "t")]

    engine_open = await engine_on(store, executor, "two", LIMITS)
    await engine_open.wait("ana", (await engine_open.start(ask(thread_id="t"))).run_id)
    monkeypatch.setattr(store, "deleting", deleting)

    assert await engine.finish_deletions() == ["t"]


async def test_deleting_a_user_cancels_runs_and_forgets_every_thread(open_store, engine_on):
    store = await open_store()
    executor = ScriptExecutor([*whole_turn()[:4], 30.0])
    engine = await engine_on(store, executor)
    for number in range(3):
        await told(engine, await engine.start(ask(thread_id=f"t{number}")), 4)
    other = await engine.start(ask(user="bob", thread_id="t"))

    await engine.delete_user("ana")

    assert sorted(executor.forgotten) == [("ana", f"t{number}") for number in range(3)]
    assert executor.stopped == 3
    assert (await engine.threads("ana")).threads == ()
    assert not (await engine.run("bob", other.run_id)).over


async def test_deleting_a_user_takes_up_threads_whose_deletion_broke_off(open_store, engine_on):
    await begin_deletion(engine_on, await open_store())
    executor = ScriptExecutor()
    engine = RunEngine(await open_store(), executor, owner="two", limits=LIMITS)

    await engine.delete_user("ana")

    assert executor.forgotten == [("ana", "t")]


async def test_a_sweep_that_broke_does_not_keep_the_engine_from_closing(open_store):
    engine = RunEngine(await open_store(), ScriptExecutor(), owner="one", limits=LIMITS)
    await engine.open()
    engine._sweep.cancel()
    with suppress(asyncio.CancelledError):
        await engine._sweep

    await engine.close()
