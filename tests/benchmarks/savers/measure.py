"""Measure one saver and put it to the harder tests: `python measure.py NAME ENDPOINT KEY`; answers in JSON.

Runs in the environment of the saver that is measured: nothing of the project may be imported.
"""

import asyncio
import contextlib
import json
import logging
import sys
import uuid
import warnings
from collections.abc import Awaitable
from typing import Any

from adapters import ADAPTERS, documents_left
from hard import HARD, put, state, thread, three_nodes
from wire import WIRE, install

SECONDS = 60


async def _spent(work: Awaitable[Any]) -> dict[str, float]:
    WIRE.reset()
    await work
    return {"requests": WIRE.requests.total(), "units": round(WIRE.units, 1)}


async def _history(graph: Any, config: Any) -> None:
    assert len([snapshot async for snapshot in graph.aget_state_history(config, limit=5)]) == 5


async def costs(saver: Any) -> dict[str, Any]:
    """Return requests and request units of the usual operations."""
    graph, config = three_nodes(saver), thread("costs")
    await graph.ainvoke({"log": ["warm"]}, thread("warm"))
    turn = {"log": ["in"]}
    found = {
        "new thread": await _spent(graph.ainvoke(turn, config)),
        "later turn": await _spent(graph.ainvoke(turn, config)),
        "get_state": await _spent(graph.aget_state(config)),
        "history(5)": await _spent(_history(graph, config)),
        "exit": await _spent(graph.ainvoke(turn, config, durability="exit")),
    }
    stored = await put(saver, thread("writes"), state())
    writes = [(f"channel-{number}", number) for number in range(30)]
    found["30 writes"] = await _spent(saver.aput_writes(stored, writes, "task"))
    return found


async def _outcome(work: Awaitable[None]) -> str:
    try:
        await asyncio.wait_for(work, SECONDS)
    except Exception as error:  # noqa: BLE001 -- every way to fail is a result
        return f"{type(error).__name__}: {error}".splitlines()[0][:120]
    return ""


async def _deletion(saver: Any, endpoint: str, key: str, database: str) -> None:
    graph, mark = three_nodes(saver), uuid.uuid4().hex
    await graph.ainvoke({"log": ["in"]}, thread(mark))
    await saver.adelete_thread(mark)
    left = await asyncio.to_thread(documents_left, endpoint, key, database, mark)
    assert left == 0, f"{left} documents are left"


async def main(name: str, endpoint: str, key: str) -> dict[str, Any]:
    database = f"bench-{uuid.uuid4().hex[:12]}"
    async with ADAPTERS[name](endpoint, key, database) as saver:
        found = await costs(saver)
        hard = {test.__name__: await _outcome(test(saver)) for test in HARD}
        hard["deletion_leaves_nothing"] = await _outcome(_deletion(saver, endpoint, key, database))
    return {"costs": found, "hard": hard}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable()
    install()
    with contextlib.redirect_stdout(sys.stderr):
        result = asyncio.run(main(*sys.argv[1:4]))
    sys.stdout.write(json.dumps(result) + "\n")
