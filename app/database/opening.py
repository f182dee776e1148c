"""The state in Cosmos DB: run store and checkpointer on one client, looked over before anything is served."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from langgraph.checkpoint.base import BaseCheckpointSaver

from app.database.charges import Charges
from app.database.inspection import Expected, inspect
from app.database.refusals import Place, explained
from app.settings import Settings
from frmk.checkpoint.cosmos import CHECKPOINTS, open_database
from frmk.checkpoint.factory import CosmosContainer, open_checkpointer
from frmk.runs.cosmos import CosmosRunStore
from frmk.runs.cosmos_container import RUNS

START_SECONDS = 15.0  # less than the startup probe gives, so that the reason is said before it gives up


@dataclass(frozen=True, kw_only=True)
class DatabaseState:
    """Hold what keeps the app's state, and what it costs."""

    store: CosmosRunStore
    checkpointer: BaseCheckpointSaver[Any]
    charges: Charges
    where: str


async def open_state(
    settings: Settings, credential: AsyncTokenCredential | str, stack: AsyncExitStack
) -> DatabaseState:
    """Open both stores; DatabaseRefusedError in one line where either container cannot be used.

    The app gives its identity; an account key serves a database on a developer's machine.
    """
    state = settings.state
    charges = Charges(state.cosmos_endpoint or "")
    database = await _connect(settings, credential, charges, stack)
    checkpoints = database.get_container_client(state.checkpoints)
    runs = database.get_container_client(state.runs)
    read = await asyncio.gather(
        _look_over(checkpoints, CHECKPOINTS, settings),
        _look_over(runs, RUNS, settings),
    )
    store = CosmosRunStore(runs, ttl_seconds=state.retention_seconds, on_charge=charges)
    with explained(_place(state.runs, settings)):
        await store.open(read[1])
    stack.push_async_callback(store.close)
    kept = CosmosContainer(proxy=checkpoints, ttl_seconds=state.retention_seconds, on_charge=charges)
    checkpointer = await stack.enter_async_context(open_checkpointer("cosmos", container=kept))
    return DatabaseState(
        store=store, checkpointer=checkpointer, charges=charges, where=f", database {state.database!r}"
    )


async def _connect(
    settings: Settings, credential: AsyncTokenCredential | str, charges: Charges, stack: AsyncExitStack
) -> DatabaseProxy:
    state = settings.state
    opening = open_database(
        state.cosmos_endpoint or "", credential, database=state.database, on_charge=charges
    )
    with explained(_place(state.checkpoints, settings)):
        async with asyncio.timeout(START_SECONDS):
            return await stack.enter_async_context(opening)


async def _look_over(container: ContainerProxy, expected: Expected, settings: Settings) -> Mapping[str, Any]:
    place = _place(str(container.id), settings)
    with explained(place):
        async with asyncio.timeout(START_SECONDS):
            expiring = settings.state.retention_days is not None
            return await inspect(container, expected, place, expiring=expiring)


def _place(container: str, settings: Settings) -> Place:
    return Place(
        endpoint=settings.state.cosmos_endpoint or "",
        database=settings.state.database,
        container=container,
        client_id=settings.model.azure_client_id,
    )
