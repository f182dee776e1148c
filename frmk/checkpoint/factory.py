"""One way to open a checkpointer, whatever keeps it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from frmk.errors import StoreError, UsageError

if TYPE_CHECKING:
    from azure.cosmos.aio import ContainerProxy

    from frmk.checkpoint.cosmos.charges import OnCharge

CheckpointerKind = Literal["memory", "sqlite", "cosmos"]
_WAIT_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class CosmosContainer:
    """Hold a container that is there and open, how long what is written lives, and who is told the cost."""

    proxy: "ContainerProxy"
    ttl_seconds: int | None = None
    on_charge: "OnCharge | None" = None


class _ForgettingSaver(AsyncSqliteSaver):
    """Leave no byte of a deleted thread in the file's log either."""

    async def adelete_thread(self, thread_id: str) -> None:
        await super().adelete_thread(thread_id)
        async with self.lock:
            await self.conn.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")


@asynccontextmanager
async def open_checkpointer(
    kind: CheckpointerKind,
    path: Path | None = None,
    *,
    types: Iterable[type] = (),
    container: CosmosContainer | None = None,
) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """Open the checkpointer of a kind; `types` are the classes of one's own that its states hold.

    `sqlite` needs the path of its file, `cosmos` its container, whose client stays its opener's. A checkpoint
    restores nothing but LangGraph's own safe types and these. Raises UsageError for a kind, path or container
    that cannot be, StoreError for a file that cannot be opened.
    """
    serde = JsonPlusSerializer(allowed_msgpack_modules=tuple(types) or None)
    if kind == "memory":
        yield InMemorySaver(serde=serde)
    elif kind == "sqlite":
        async with _sqlite(path, serde) as saver:
            yield saver
    elif kind == "cosmos":
        yield _cosmos(container, serde)
    else:
        raise UsageError(f"There is no checkpointer {kind!r}. Allowed: memory, sqlite, cosmos.")


def _cosmos(container: CosmosContainer | None, serde: JsonPlusSerializer) -> BaseCheckpointSaver[Any]:
    if container is None:
        raise UsageError("The cosmos checkpointer needs its container, none was given.")
    from frmk.checkpoint.cosmos import CosmosSaver  # noqa: PLC0415 - half a second of imports, for who needs it

    return CosmosSaver(container.proxy, serde=serde, ttl=container.ttl_seconds, on_charge=container.on_charge)


@asynccontextmanager
async def _sqlite(path: Path | None, serde: JsonPlusSerializer) -> AsyncIterator[AsyncSqliteSaver]:
    if path is None:
        raise UsageError("The sqlite checkpointer needs the path of its file, none was given.")
    connection = await _connect(path)
    try:
        saver = _ForgettingSaver(connection, serde=serde)
        await _prepare(saver, path)
        yield saver
    finally:
        await connection.close()


async def _connect(path: Path) -> aiosqlite.Connection:
    try:
        # aiosqlite leaves a thread behind when connecting fails: what cannot be opened fails here.
        await asyncio.to_thread(_try, path)
        return await aiosqlite.connect(path, timeout=_WAIT_SECONDS)
    except (sqlite3.Error, OSError) as error:
        raise _refusal(path, error) from error


def _try(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as connection:
        connection.execute("PRAGMA user_version").fetchone()


async def _prepare(saver: AsyncSqliteSaver, path: Path) -> None:
    try:
        await saver.setup()
        # Deleted checkpoints are overwritten, and the log is synced when it is folded in, not at every step.
        await saver.conn.executescript("PRAGMA secure_delete=ON; PRAGMA synchronous=NORMAL;")
    except sqlite3.Error as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"The checkpoints' file {str(path)!r} cannot be used: {error}. "
        "It must be an SQLite file, or absent, in a folder that may be written.",
        store="sqlite",
    )
