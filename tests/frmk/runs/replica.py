"""One replica in a process of its own: `python -m tests.frmk.runs.replica STORE`, a JSON object.

It runs one run of user ana without end, and prints the run's id.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from frmk.runs.cosmos import CosmosRunStore
from frmk.runs.engine import RunEngine
from frmk.runs.sqlite import SqliteStore
from frmk.runs.store import RunStore
from tests.database import DatabaseServer
from tests.frmk.runs.scripted import LIMITS, ScriptExecutor, ask, draft, whole_turn


@asynccontextmanager
async def opened(where: dict[str, Any]) -> AsyncIterator[RunStore]:
    """Open the store that another process opens too."""
    if "path" in where:
        store = SqliteStore(Path(where["path"]))
        yield store
        await store.close()
        return
    async with DatabaseServer(**where["server"]).client() as client:
        yield CosmosRunStore(client.get_database_client(where["database"]).get_container_client("runs"))


async def main() -> None:
    words = [step for n in range(3000) for step in (draft("agent_thinking", text=f"word {n}"), 0.001)]
    executor = ScriptExecutor([*whole_turn()[:4], *words, 60.0])
    async with opened(json.loads(sys.argv[1])) as store:
        engine = RunEngine(store, executor, owner="first", limits=LIMITS)
        await engine.open()
        run = await engine.start(ask())
        sys.stdout.write(f"{run.run_id}\n")
        sys.stdout.flush()
        await engine.wait("ana", run.run_id)


if __name__ == "__main__":
    asyncio.run(main())
