"""Graphs to save, and checkpoints put by hand."""

import operator
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, Checkpoint
from langgraph.checkpoint.base.id import uuid6
from langgraph.graph import END, START, StateGraph


class State(TypedDict):
    log: Annotated[list[str], operator.add]
    first: str
    second: str


def step(name: str) -> Callable[[State], Awaitable[dict[str, Any]]]:
    async def node(state: State) -> dict[str, Any]:
        return {"log": [name], "first": name, "second": name}

    return node


def three_nodes(saver: BaseCheckpointSaver[Any]) -> Any:
    """Compile x, y, z in a row: five checkpoints and four tasks with eleven writes for a turn."""
    builder = StateGraph(State)
    for name in "xyz":
        builder.add_node(name, step(name))
    for start, end in zip((START, *"xyz"), (*"xyz", END), strict=True):
        builder.add_edge(start, end)
    return builder.compile(checkpointer=saver)


def thread(thread_id: object, ns: str = "", checkpoint_id: str | None = None) -> RunnableConfig:
    place = {"thread_id": thread_id, "checkpoint_ns": ns}
    return {"configurable": place if checkpoint_id is None else place | {"checkpoint_id": checkpoint_id}}


def state(checkpoint_id: str | None = None, **values: Any) -> Checkpoint:
    return Checkpoint(
        v=4,
        id=checkpoint_id or str(uuid6(clock_seq=-1)),
        ts="2026-11-21T00:00:00+00:00",
        channel_values=values,
        channel_versions=dict.fromkeys(values, "1"),
        versions_seen={},
        updated_channels=None,
    )


async def put(
    saver: BaseCheckpointSaver[Any], config: RunnableConfig, checkpoint: Checkpoint, **metadata: Any
) -> RunnableConfig:
    return await saver.aput(config, checkpoint, {"source": "loop", "step": 1, "parents": {}, **metadata}, {})
