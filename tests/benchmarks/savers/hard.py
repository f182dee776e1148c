"""The harder tests, each one a function that fails or does not: alike for every saver.

Runs in the environment of the saver that is measured.
"""

import asyncio
import operator
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypedDict

from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.base.id import uuid6
from langgraph.graph import END, START, StateGraph
from wire import WIRE, cut_after

MEGABYTE = 1024 * 1024


class State(TypedDict):
    log: Annotated[list[str], operator.add]
    first: str
    second: str


def graph_of(saver: Any, nodes: dict[str, Any], edges: Sequence[tuple[Any, Any]], schema: Any = State) -> Any:
    builder: Any = StateGraph(schema)
    for name, node in nodes.items():
        builder.add_node(name, node)
    for start, end in edges:
        builder.add_edge(start, end)
    return builder.compile(checkpointer=saver)


def three_nodes(saver: Any) -> Any:
    def step(name: str) -> Any:
        async def node(_: State) -> dict[str, Any]:
            return {"log": [name], "first": name, "second": name}

        return node

    edges = [(START, "x"), ("x", "y"), ("y", "z"), ("z", END)]
    return graph_of(saver, {name: step(name) for name in "xyz"}, edges)


def thread(name: object, ns: str = "") -> dict[str, Any]:
    return {"configurable": {"thread_id": name, "checkpoint_ns": ns}}


def state(**values: Any) -> Any:
    return {
        "v": 4,
        "id": str(uuid6(clock_seq=-1)),
        "ts": "2026-11-21T00:00:00+00:00",
        "channel_values": values,
        "channel_versions": dict.fromkeys(values, "1"),
        "versions_seen": {},
        "updated_channels": None,
    }


async def put(saver: Any, config: Any, checkpoint: Any, **metadata: Any) -> Any:
    versions = checkpoint["channel_versions"]
    return await saver.aput(
        config, checkpoint, {"source": "loop", "step": 1, "parents": {}, **metadata}, versions
    )


async def pending_writes_after_a_slow_put(saver: Any) -> None:
    ran: list[str] = []

    async def good(_: State) -> dict[str, Any]:
        ran.append("good")
        return {"log": ["good"]}

    async def bad(_: State) -> dict[str, Any]:
        await asyncio.sleep(0.1)
        ran.append("bad")
        if ran.count("bad") == 1:
            raise OSError("the tool broke")
        return {"log": ["bad"]}

    prompt = saver.aput

    async def slow(*arguments: Any, **options: Any) -> Any:
        await asyncio.sleep(0.4)
        return await prompt(*arguments, **options)

    edges = [(START, "good"), (START, "bad"), ("good", END), ("bad", END)]
    graph = graph_of(saver, {"good": good, "bad": bad}, edges)
    saver.aput = slow
    try:
        await graph.ainvoke({"log": []}, thread("slow"), durability="async")
    except OSError:
        pass
    finally:
        saver.aput = prompt
    result = await graph.ainvoke(None, thread("slow"))
    assert sorted(result["log"]) == ["bad", "good"], result["log"]
    assert ran == ["good", "bad", "bad"], f"ran {ran}"


async def chain_of_parents_over_turns(saver: Any) -> None:
    graph = three_nodes(saver)
    for number in range(2):
        await graph.ainvoke({"log": [str(number)]}, thread("chain"))
    steps, config = [], thread("chain")
    while config is not None:
        found = await saver.aget_tuple(config)
        assert found is not None, f"a parent is missing after steps {steps}"
        steps.append(found.metadata["step"])
        config = found.parent_config
    assert steps == list(range(8, -2, -1)), f"steps {steps}"


async def _large(saver: Any, megabytes: int) -> None:
    body = random.Random(megabytes).randbytes(megabytes * MEGABYTE)
    await put(saver, thread(f"large-{megabytes}"), state(value=body))
    found = await saver.aget_tuple(thread(f"large-{megabytes}"))
    assert found.checkpoint["channel_values"]["value"] == body, "another value came back"


async def state_of_3_mb(saver: Any) -> None:
    await _large(saver, 3)


async def state_of_12_mb(saver: Any) -> None:
    await _large(saver, 12)


async def large_put_cut_off_half_way(saver: Any) -> None:
    await put(saver, thread("cut"), state(value=b"before"))
    for writes in (1, 3):
        try:
            with cut_after(writes):
                await put(saver, thread("cut"), state(value=random.Random(1).randbytes(6 * MEGABYTE)))
        except Exception:  # noqa: BLE001 -- how it fails is not what is tested
            pass
        found = await saver.aget_tuple(thread("cut"))
        assert found.checkpoint["channel_values"]["value"] == b"before", "a broken checkpoint is the latest"


async def _named(saver: Any, name: object) -> None:
    graph = three_nodes(saver)
    await graph.ainvoke({"log": ["in"]}, thread(name))
    assert (await graph.aget_state(thread(name))).values["log"] == ["in", "x", "y", "z"]


async def ids_with_slashes_and_dollars(saver: Any) -> None:
    await _named(saver, "a/b#c?d$e")


async def ids_of_1000_characters(saver: Any) -> None:
    await _named(saver, "x" * 1_000)


async def ids_that_are_numbers(saver: Any) -> None:
    await _named(saver, 7)


async def two_turns_at_once(saver: Any) -> None:
    graph = three_nodes(saver)
    await graph.ainvoke({"log": ["zero"]}, thread("race"))
    turns = [graph.ainvoke({"log": [name]}, thread("race")) for name in ("one", "two")]
    results = await asyncio.gather(*turns, return_exceptions=True)
    done = [name for name, result in zip(("one", "two"), results, strict=True) if isinstance(result, dict)]
    kept = (await graph.aget_state(thread("race"))).values["log"]
    lost = [name for name in done if name not in kept]
    assert done, "neither turn succeeded"
    assert not lost, f"turn {lost} reported success and is not in the state"


async def storm_of_40_refusals(saver: Any) -> None:
    graph = three_nodes(saver)
    WIRE.refuse = 40
    try:
        result = await graph.ainvoke({"log": ["in"]}, thread("storm"))
    finally:
        WIRE.refuse = 0
    assert result["log"] == ["in", "x", "y", "z"]


async def order_of_pending_writes(saver: Any) -> None:
    stored = await put(saver, thread("order"), state())
    await saver.aput_writes(stored, [("c", "b0"), ("c", "b1")], "task-a", "~path, 2")
    await saver.aput_writes(stored, [("c", "a0"), ("c", "a1")], "task-b", "~path, 1")
    found = await saver.aget_tuple(stored)
    order = [write[2] for write in found.pending_writes]
    assert order == ["a0", "a1", "b0", "b1"], f"order {order}"


async def delta_channels(saver: Any) -> None:
    def joined(log: list[str], writes: Sequence[list[str]]) -> list[str]:
        return [*log, *(entry for write in writes for entry in write)]

    class Growing(TypedDict):
        log: Annotated[list[str], DeltaChannel(joined, list, snapshot_frequency=1000)]

    def node(name: str) -> Any:
        async def run(_: Any) -> dict[str, Any]:
            return {"log": [name]}

        return run

    names = [f"n{number}" for number in range(6)]
    edges = [(START, name) for name in names] + [(name, END) for name in names]
    graph = graph_of(saver, {name: node(name) for name in names}, edges, Growing)
    for attempt in range(5):  # writes may arrive in order by chance
        place = thread(f"delta{attempt}")
        made = (await graph.ainvoke({"log": ["in"]}, place))["log"]
        kept = (await graph.aget_state(place)).values["log"]
        assert kept == made, f"rebuilt as {kept}"


async def metadata_of_the_config(saver: Any) -> None:
    await put(saver, thread("meta") | {"metadata": {"tenant": "north"}}, state())
    found = await saver.aget_tuple(thread("meta"))
    assert found.metadata.get("tenant") == "north", f"metadata {found.metadata}"


async def list_across_namespaces(saver: Any) -> None:
    for number, ns in enumerate(("", "child", "other:1")):
        await put(saver, thread("spaces", ns), state(), score=number)
    place = {"configurable": {"thread_id": "spaces"}}
    found = [one.config["configurable"]["checkpoint_ns"] async for one in saver.alist(place)]
    assert sorted(found) == ["", "child", "other:1"], f"listed {found}"
    scored = [one.metadata["score"] async for one in saver.alist(place, filter={"score": 1}, limit=1)]
    assert scored == [1], f"filtered {scored}"


async def copy_and_prune(saver: Any) -> None:
    graph = three_nodes(saver)
    for _ in range(2):
        await graph.ainvoke({"log": ["in"]}, thread("source"))
    await saver.acopy_thread("source", "target")
    await saver.aprune(["target"])
    assert len([one async for one in saver.alist(thread("target"))]) == 1
    assert (await graph.aget_state(thread("target"))).values["log"] == ["in", "x", "y", "z"] * 2


HARD: list[Callable[[Any], Awaitable[None]]] = [
    pending_writes_after_a_slow_put,
    chain_of_parents_over_turns,
    state_of_3_mb,
    state_of_12_mb,
    large_put_cut_off_half_way,
    ids_with_slashes_and_dollars,
    ids_of_1000_characters,
    ids_that_are_numbers,
    two_turns_at_once,
    storm_of_40_refusals,
    order_of_pending_writes,
    delta_channels,
    metadata_of_the_config,
    list_across_namespaces,
    copy_and_prune,
]
