"""One way to open a checkpointer, whatever keeps it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Literal

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from frmk.errors import StoreError, UsageError

CheckpointerKind = Literal["memory", "sqlite"]
_WAIT_SECONDS = 5.0


class _ForgettingSaver(AsyncSqliteSaver):
    """Leave no byte of a deleted thread in the file's log either."""

    async def adelete_thread(self, thread_id: str) -> None:
        await super().adelete_thread(thread_id)
        async with self.lock:
            await self.conn.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")


@asynccontextmanager
async def open_checkpointer(
    kind: CheckpointerKind, path: Path | None = None, *, types: Iterable[type] = ()
) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """Open the checkpointer of a kind; `types` are the classes of one's own that its states hold.

    A checkpoint restores nothing but LangGraph's own safe types and these. Raises UsageError for a kind or
    path that cannot be, StoreError for a file that cannot be opened.
    """
    serde = JsonPlusSerializer(allowed_msgpack_modules=tuple(types) or None)
    if kind == "memory":
        yield InMemorySaver(serde=serde)
    elif kind == "sqlite":
        async with _sqlite(path, serde) as saver:
            yield saver
    else:
        raise UsageError(f"There is no checkpointer {kind!r}. Allowed: memory, sqlite.")


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
