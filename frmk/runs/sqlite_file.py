"""One SQLite file, worked on by two threads: one writes, one reads, the event loop does neither."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from frmk.errors import StoreError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

# WAL with NORMAL: readers never wait for the writer, a crash of the process loses nothing that was committed.
_PRAGMAS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA secure_delete = ON;
"""


class SqliteFile:
    """Run pieces of work on the file, each in one transaction and one hop to a thread."""

    def __init__(self, path: Path, *, wait_seconds: float) -> None:
        self._path = path
        self._wait_seconds = wait_seconds
        self._writer = _Hand("runs-write")
        self._reader = _Hand("runs-read")

    async def open(self, schema: Work[None]) -> None:
        """Open the file, make it if it is absent, and let `schema` prepare its tables."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            await self._writer.connect(self._path, self._wait_seconds)
            await self.write(schema)
            await self._reader.connect(self._path, self._wait_seconds)
        except (sqlite3.Error, OSError) as error:
            await self.close()
            raise self._explain(error) from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close both connections after what they are doing."""
        await self._reader.close()
        await self._writer.close()

    async def write(self, work: Work[T]) -> T:
        """Return what `work` returns, committed; undo all of it if it raises."""
        return await self._on(self._writer, lambda connection: _in_transaction(connection, work))

    async def read(self, work: Work[T]) -> T:
        """Return what `work` reads."""
        return await self._on(self._reader, work)

    async def version(self) -> int:
        """Return a number that changes when any process has committed."""
        row = await self.read(lambda connection: connection.execute("PRAGMA data_version").fetchone())
        return int(row[0])

    async def fold(self) -> None:
        """Fold the log into the file and empty it, unless somebody is reading just now."""
        await self._on(self._writer, lambda c: c.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())

    async def _on(self, hand: "_Hand", work: Work[T]) -> T:
        try:
            return await hand.do(work)
        except (sqlite3.Error, OSError) as error:
            raise self._explain(error) from error

    def _explain(self, error: Exception) -> StoreError:
        return StoreError(f"{_reason(error, self._wait_seconds)} File: {str(self._path)!r}.", store="sqlite")


class _Hand:
    """One thread with one connection that nobody else touches."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def connect(self, path: Path, wait_seconds: float) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=self._name)
        loop = asyncio.get_running_loop()
        self._connection = await loop.run_in_executor(self._thread, _connect, path, wait_seconds)

    async def do(self, work: Work[T]) -> T:
        if self._thread is None or self._connection is None:
            raise StoreError("The store is not open: call open() first.", store="sqlite")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._connection)

    async def close(self) -> None:
        thread, self._thread = self._thread, None
        connection, self._connection = self._connection, None
        if thread is None:
            return
        if connection is not None:
            await asyncio.get_running_loop().run_in_executor(thread, connection.close)
        thread.shutdown(wait=True)


def _connect(path: Path, wait_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=wait_seconds, isolation_level=None, check_same_thread=False)
    try:
        connection.executescript(_PRAGMAS)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _in_transaction(connection: sqlite3.Connection, work: Work[T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        # A full disk makes SQLite roll back by itself: then there is nothing left to undo.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _reason(error: Exception, wait_seconds: float) -> str:
    text = str(error)
    if "full" in text:
        return f"There is no room left to store runs ({text}): free some space, then ask again."
    if "locked" in text or "busy" in text:
        return (
            f"The runs' file was held by another process for more than {wait_seconds:g} s ({text}): "
            "look for a backup or a tool that keeps it open."
        )
    if "not a database" in text or "malformed" in text:
        return f"The runs' file is damaged or something else ({text}): restore it, or give another path."
    return f"The runs' file cannot be used ({text}): it must be in a folder that may be written."
