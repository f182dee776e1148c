import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from frmk.errors import StoreError
from frmk.runs.sqlite import SqliteStore
from frmk.runs.states import RunStatus
from tests.frmk.runs.scripted import ScriptExecutor, ask, draft, told, whole_turn

SECRET_WORDS = ("Zanzibar", "Quagga", "Xylophone")


@pytest.fixture
async def file_store(tmp_path):
    store = SqliteStore(tmp_path / "deep" / "runs.sqlite", wait_seconds=0.2)
    await store.open()
    yield store
    await store.close()


async def test_runs_outlive_their_store(tmp_path, engine_on):
    first = SqliteStore(tmp_path / "runs.sqlite")
    engine = await engine_on(first, ScriptExecutor())
    run = await engine.start(ask(thread_id="t"))
    events = [event async for event in engine.follow("ana", run.run_id)]
    await engine.close()
    await first.close()

    again = SqliteStore(tmp_path / "runs.sqlite")
    await again.open()

    assert await again.read("ana", run.run_id, 0) == events
    assert len((await again.thread("ana", "t")).messages) == 3
    await again.close()


async def test_a_deleted_thread_leaves_no_row_in_any_table_and_no_byte_in_any_file(
    file_store, engine_on, tmp_path
):
    engine = await engine_on(file_store, ScriptExecutor(whole_turn("Quagga")))
    context = {"note": "Xylophone " * 500}
    run = await engine.start(ask("To Zanzibar", thread_id="t-doomed", user="doomed-user", context=context))
    await engine.wait("doomed-user", run.run_id)
    files = [path for path in (tmp_path / "deep").iterdir() if not path.name.endswith("-shm")]
    assert b"Zanzibar" in b"".join(path.read_bytes() for path in files)

    await engine.delete_thread("doomed-user", "t-doomed")

    with sqlite3.connect(tmp_path / "deep" / "runs.sqlite") as connection:
        text = "\n".join(connection.iterdump())
    connection.close()
    files = [path for path in (tmp_path / "deep").iterdir() if not path.name.endswith("-shm")]
    raw = b"".join(path.read_bytes() for path in files)
    for trace in (*SECRET_WORDS, "t-doomed", "doomed-user", run.run_id):
        assert trace not in text
        assert trace.encode() not in raw


async def test_every_table_of_a_users_things_begins_its_key_with_the_user(file_store, tmp_path):
    with sqlite3.connect(tmp_path / "deep" / "runs.sqlite") as connection:
        tables = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        keys = {table: connection.execute(f"PRAGMA table_info({table})").fetchall() for table in tables}
    connection.close()

    assert tables == {"threads", "runs", "events", "messages", "secrets"}
    for table in tables - {"secrets", "messages"}:
        assert next(column[1] for column in keys[table] if column[5] == 1) == "user"


async def test_a_locked_file_gives_a_clear_error_and_works_again_afterwards(file_store, engine_on, tmp_path):
    engine = await engine_on(file_store, ScriptExecutor())
    other = sqlite3.connect(tmp_path / "deep" / "runs.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError, match=r"held by another process for more than 0.2 s.*runs.sqlite"):
        await engine.start(ask())
    with pytest.raises(StoreError, match="held by another process"):
        await file_store.check()

    other.execute("ROLLBACK")
    other.close()
    run = await engine.start(ask())
    assert (await engine.wait("ana", run.run_id)).status is RunStatus.COMPLETED


async def test_a_full_disk_in_mid_run_reaches_the_reader_and_the_run_goes_on_later(file_store, engine_on):
    """A limit on the file's pages makes SQLite say what it says when the disk is full."""
    gate = asyncio.Event()
    big = draft("agent_thinking", text="x" * 300_000)
    executor = ScriptExecutor([*whole_turn()[:2], gate, *[big] * 9, *whole_turn()[2:]])
    engine = await engine_on(file_store, executor)
    run = await engine.start(ask())
    await told(engine, run, 2)
    await file_store._file.write(lambda c: c.execute("PRAGMA max_page_count = 60").fetchall())

    reading = engine.follow("ana", run.run_id, 1)
    await anext(reading)
    gate.set()
    with pytest.raises(StoreError, match="no room left"):
        await anext(reading)

    await file_store._file.write(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchall())
    executor.script = lambda turn: [
        draft("agent_started", run="s2"),
        draft("agent_completed", run="s2", message="ok"),
    ]
    done = await asyncio.wait_for(engine.wait("ana", run.run_id), 10)
    assert (done.status, done.attempt) == (RunStatus.COMPLETED, 2)


async def test_a_folder_in_place_of_the_file_is_a_clear_error(tmp_path):
    store = SqliteStore(tmp_path)

    with pytest.raises(StoreError, match="cannot be used"):
        await store.open()
    with pytest.raises(StoreError, match=r"call open\(\) first"):
        await store.run("ana", "r")


async def test_a_file_that_is_no_database_is_a_clear_error(tmp_path):
    (tmp_path / "runs.sqlite").write_text("This is a letter to my aunt. " * 100)

    with pytest.raises(StoreError, match="damaged or something else"):
        await SqliteStore(tmp_path / "runs.sqlite").open()


async def test_a_file_of_a_later_version_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "runs.sqlite") as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()

    with pytest.raises(StoreError, match="has version 7, this program knows up to 1"):
        await SqliteStore(tmp_path / "runs.sqlite").open()


async def test_replicas_may_open_a_new_file_at_the_same_moment(tmp_path):
    stores = [SqliteStore(tmp_path / "runs.sqlite") for _ in range(8)]

    await asyncio.gather(*(store.open() for store in stores))

    await asyncio.gather(*(store.check() for store in stores))
    for store in stores:
        await store.close()


async def test_secrets_that_expired_are_swept_out(file_store, tmp_path):
    now = datetime.now(UTC)
    await file_store.put_secret("ticket", "old", "ana", now - timedelta(seconds=1))
    await file_store.put_secret("ticket", "new", "ana", now + timedelta(seconds=30))

    rows = await file_store._file.read(lambda c: c.execute("SELECT digest FROM secrets").fetchall())

    assert rows == [("new",)]
