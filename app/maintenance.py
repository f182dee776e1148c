"""`python -m app.maintenance`: tidy the database once and end; the last line says what was done.

Deletes threads that outlived SEATRIAL_RETENTION_DAYS, finishes deletions that broke off, and prunes the
checkpoints of threads that were used lately. Meant for a schedule, beside any number of replicas.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import structlog
from langgraph.checkpoint.base import BaseCheckpointSaver

from app.database.identity import azure_credential
from app.settings import ConfigurationError, Settings, read_settings
from app.telemetry.logs import configure_logs
from frmk.errors import FrameworkError, RunNotFoundError, RunOverError, ThreadNotFoundError
from frmk.runs.clock import utc_now
from frmk.runs.cosmos import CosmosRunStore
from frmk.runs.ids import thread_key

LATELY_DAYS = 8.0
# Whoever began a deletion, or is in a turn, is left to it for this long.
QUIET = timedelta(minutes=15)


@dataclass
class Done:
    """Count what one round did."""

    deleted: int = 0
    finished: int = 0
    pruned: int = 0
    failed: int = 0
    request_units: float = 0.0


class Maintenance:
    """Do one round on a run store and its checkpoints."""

    def __init__(self, store: CosmosRunStore, checkpointer: BaseCheckpointSaver[Any]) -> None:
        self._store = store
        self._checkpointer = checkpointer
        self.done = Done()

    async def run(self, *, retention_seconds: int | None, lately: timedelta, now: datetime) -> None:
        """Delete, finish, prune; one bad thread is counted and keeps nobody else waiting."""
        if retention_seconds is not None:
            outlived = now - timedelta(seconds=retention_seconds)
            for user, thread_id in await self._store.threads_of_all(before=outlived):
                self.done.deleted += await self._tried(self._delete, user, thread_id)
        for user, thread_id in await self._store.deleting(now - QUIET, limit=1_000):
            self.done.finished += await self._tried(self._delete, user, thread_id)
        for user, thread_id in await self._store.threads_of_all(after=now - lately, before=now - QUIET):
            self.done.pruned += await self._tried(self._prune, user, thread_id)

    async def _tried(self, work: Callable[[str, str], Awaitable[None]], user: str, thread_id: str) -> bool:
        try:
            await work(user, thread_id)
        except ThreadNotFoundError:
            return False  # somebody else was quicker
        except Exception:  # noqa: BLE001 - the next thread may be in order
            self.done.failed += 1
            structlog.get_logger("maintenance").exception("thread failed", thread_id=thread_id)
            return False
        return True

    async def _delete(self, user: str, thread_id: str) -> None:
        for run_id in await self._store.begin_delete(user, thread_id):
            with suppress(RunOverError, RunNotFoundError):
                await self._store.request_cancel(user, run_id)
        await self._checkpointer.adelete_thread(thread_key(user, thread_id))
        await self._store.delete_thread(user, thread_id)

    async def _prune(self, user: str, thread_id: str) -> None:
        await self._checkpointer.aprune([thread_key(user, thread_id)], strategy="keep_latest")


async def maintain(settings: Settings, lately: timedelta) -> Done:
    """Open the database as the app does, and do one round; raise FrameworkError when it cannot be used."""
    opening = await asyncio.to_thread(import_module, "app.database.opening")
    async with AsyncExitStack() as stack:
        credential = await asyncio.to_thread(azure_credential, settings.model.azure_client_id)
        stack.push_async_callback(credential.close)
        opened = await opening.open_state(settings, credential, stack)
        round_ = Maintenance(opened.store, opened.checkpointer)
        await round_.run(retention_seconds=settings.state.retention_seconds, lately=lately, now=utc_now())
        round_.done.request_units = round(opened.charges.total, 2)
        return round_.done


def main(arguments: Sequence[str]) -> int:
    """Do one round; return 0, or 1 when the database could not be used or a thread failed."""
    parser = argparse.ArgumentParser(prog="python -m app.maintenance", description="Tidy the database.")
    parser.add_argument("--days", type=float, default=LATELY_DAYS, help="prune what was used since so long")
    options = parser.parse_args(arguments)
    try:
        settings = read_settings()
        configure_logs(settings.telemetry.log_level, sys.stderr)
        if not settings.state.cosmos:
            print("nothing to tidy: the state is not in Cosmos DB (COSMOS_ENDPOINT is not set)")  # noqa: T201
            return 0
        done = asyncio.run(maintain(settings, timedelta(days=options.days)))
    except (ConfigurationError, FrameworkError) as error:
        print(f"maintenance: {error}", file=sys.stderr)  # noqa: T201 - the one line that people and tools read
        return 1
    print(json.dumps({"event": "maintenance done", **asdict(done)}))  # noqa: T201 - the result
    return 1 if done.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
