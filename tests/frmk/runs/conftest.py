"""Stores and engines for the tests of runs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from frmk.runs.cosmos import CosmosRunStore
from frmk.runs.engine import RunEngine
from frmk.runs.memory import MemoryStore
from frmk.runs.models import RunLimits
from frmk.runs.sqlite import SqliteStore
from frmk.runs.store import RunStore
from tests.database import cosmos_database, database_clock, database_server
from tests.frmk.runs.cosmos_db import fresh_container
from tests.frmk.runs.scripted import LIMITS, ScriptExecutor

__all__ = ["cosmos_database", "database_clock", "database_server"]

OpenStore = Callable[[], Awaitable[RunStore]]


@pytest.fixture(params=["memory", "sqlite", "cosmos"])
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """Open a handle on one and the same store, as each replica has its own."""
    memory = MemoryStore()
    async with AsyncExitStack() as stack:
        if request.param == "cosmos":
            server = request.getfixturevalue("database_server")
            container = await stack.enter_async_context(fresh_container(server))

        async def one() -> RunStore:
            store: RunStore = memory
            if request.param == "sqlite":
                store = SqliteStore(tmp_path / "runs.sqlite")
            elif request.param == "cosmos":
                store = CosmosRunStore(container)
            await store.open()
            stack.push_async_callback(store.close)
            return store

        yield one


@pytest.fixture
async def store(open_store: OpenStore) -> RunStore:
    return await open_store()


@pytest.fixture
async def engine_on() -> AsyncIterator[Callable[..., Awaitable[RunEngine]]]:
    """Open an engine on a store; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def one(
            store: RunStore, executor: ScriptExecutor, owner: str = "one", limits: RunLimits = LIMITS
        ) -> RunEngine:
            engine = RunEngine(store, executor, owner=owner, limits=limits)
            await engine.open()
            stack.push_async_callback(engine.close)
            return engine

        yield one
