"""What the run engine adds to a turn: `python tests/benchmarks/bench_engine.py [turns]`.

The same graph is iterated bare and through the engine, in turns that alternate, on the same machine in the
same run; the ratio of the two is the result.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph

from frmk.events import EventDraft, EventType
from frmk.runs.engine import RunEngine
from frmk.runs.executor import Turn
from frmk.runs.memory import MemoryStore
from frmk.runs.models import RunLimits, StartRun
from frmk.runs.sqlite import SqliteStore

TOKENS = 20
TurnOf = Callable[[], Awaitable[None]]


class State(TypedDict):
    """Hold what the three nodes hand on."""

    message: str


def told(kind: str, run: str, parent: str | None, **data: Any) -> EventDraft:
    """Return a draft of the agent of that run."""
    ids = {"agent_run_id": run, "parent_run_id": parent}
    return EventDraft(type=EventType(kind), agent=run, data={**data, **ids})


async def supervise(state: State) -> State:
    """Start, and say what comes next."""
    write = get_stream_writer()
    write(told("agent_started", "s", None, context_hash="0" * 64))
    write(told("agent_thinking", "s", None, text="I ask the weather agent."))
    return state


async def work(state: State) -> State:
    """Call one tool."""
    write = get_stream_writer()
    write(told("agent_started", "w", "s", context_hash="0" * 64))
    write(told("tool_executing", "w", "s", tool="forecast", tool_call_id="c", input={"city": "Lisbon"}))
    write(told("tool_completed", "w", "s", tool="forecast", tool_call_id="c", output={"c": 21}, seconds=0.0))
    write(told("agent_completed", "w", "s", message="21", context_hash="0" * 64))
    return state


async def answer(state: State) -> State:
    """Write the answer piece by piece."""
    write = get_stream_writer()
    for number in range(TOKENS):
        write(told("agent_thinking", "s", None, delta=f"word{number} "))
    write(told("agent_completed", "s", None, message="done", completed=True, missing=[], usage={}))
    return state


class GraphOfThree:
    """Run a compiled graph of three nodes with an instant model."""

    def __init__(self) -> None:
        graph = StateGraph(State)
        for node in (supervise, work, answer):
            graph.add_node(node.__name__, node)
        graph.add_edge(START, "supervise")
        graph.add_edge("supervise", "work")
        graph.add_edge("work", "answer")
        graph.add_edge("answer", END)
        self._graph = graph.compile()

    def goals(self) -> list[str]:
        """Name the only goal."""
        return ["bench"]

    async def execute(self, turn: Turn) -> AsyncIterator[Any]:
        """Yield what the graph's nodes write."""
        async for draft in self._graph.astream({"message": turn.message}, stream_mode="custom"):
            yield draft

    async def forget(self, user: str, thread_id: str) -> None:
        """Do nothing: no checkpoints are kept."""


async def bare_turn(executor: GraphOfThree) -> None:
    """Iterate the executor, and serialise what it tells as any server has to."""
    turn = Turn(run_id="r", user="u", thread_id="t", message="Hi", context={}, goal="bench", attempt=1)
    async for draft in executor.execute(turn):
        json.dumps(draft.model_dump(mode="json"))


async def engine_turn(engine: RunEngine) -> None:
    """Start a run and read it to its end, as a streaming client does."""
    run = await engine.start(StartRun(user="u", message="Hi"))
    async for event in engine.follow("u", run.run_id):
        _ = event.line


async def milliseconds(turns: dict[str, TurnOf], count: int) -> dict[str, float]:
    """Return the median of each kind of turn; the kinds take turns, so that noise meets all alike."""
    taken: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(count):
        for name, turn in turns.items():
            began = time.perf_counter()
            await turn()
            taken[name].append((time.perf_counter() - began) * 1000)
    return {name: statistics.median(values[count // 10 :]) for name, values in taken.items()}


async def measure(count: int) -> dict[str, float]:
    """Measure bare turns and turns on each store."""
    executor = GraphOfThree()
    with tempfile.TemporaryDirectory() as folder:
        stores: dict[str, MemoryStore | SqliteStore] = {
            "memory": MemoryStore(),
            "sqlite": SqliteStore(Path(folder) / "runs.sqlite"),
        }
        engines = {
            name: RunEngine(store, executor, owner="bench", limits=RunLimits())
            for name, store in stores.items()
        }
        for engine in engines.values():
            await engine.open()
        turns: dict[str, TurnOf] = {"bare": lambda: bare_turn(executor)}
        for name, engine in engines.items():
            turns[name] = lambda engine=engine: engine_turn(engine)  # type: ignore[misc]  # bound now
        try:
            return await milliseconds(turns, count)
        finally:
            for engine, store in zip(engines.values(), stores.values(), strict=True):
                await engine.close()
                await store.close()


def test_the_engine_costs_less_than_the_graph_it_runs() -> None:
    medians = asyncio.run(measure(60))

    assert medians["memory"] / medians["bare"] < 2.0
    assert medians["sqlite"] / medians["bare"] < 4.0


if __name__ == "__main__":
    found = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
    for kind, median in found.items():
        sys.stdout.write(f"{kind:8} {median:7.2f} ms a turn   {median / found['bare']:5.2f} of bare\n")
