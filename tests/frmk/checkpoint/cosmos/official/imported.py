"""Compares imported threads with what the official saver read of them."""

import base64
from collections import defaultdict
from typing import Any

from azure.cosmos.aio import ContainerProxy
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from frmk.checkpoint.cosmos import CosmosSaver

# Objects stay as they are stored, in a form that can be compared.
STORED = JsonPlusSerializer(__unpack_ext_hook__=lambda code, data: ("stored object", code, data))


async def differences(lanes: list[dict[str, Any]], container: ContainerProxy) -> list[str]:
    """Return in words what is not in the container as the official saver read it."""
    saver = CosmosSaver(container, serde=STORED)
    found = []
    for lane in lanes:
        place = {"configurable": {"thread_id": lane["thread_id"], "checkpoint_ns": lane["namespace"]}}
        ours = [tuple_ async for tuple_ in saver.alist(place)]
        where = f"{lane['thread_id']}/{lane['namespace']}"
        if [one.checkpoint["id"] for one in ours] != [one["checkpoint_id"] for one in lane["checkpoints"]]:
            found.append(f"{where}: other checkpoints, or another order")
            continue
        for mine, theirs in zip(ours, lane["checkpoints"], strict=True):
            found += [f"{where} {theirs['checkpoint_id']}: {what}" for what in _differing(mine, theirs)]
    return found


def _differing(mine: CheckpointTuple, theirs: dict[str, Any]) -> list[str]:
    parent = mine.parent_config and mine.parent_config["configurable"]["checkpoint_id"]
    same = {
        "parent": parent == theirs["parent_id"],
        "state": _counted(mine.checkpoint) == _value(*theirs["state"]),
        "metadata": mine.metadata == _value(*theirs["metadata"]),
        "pending writes": _by_task(mine.pending_writes or [])
        == _by_task([(task, channel, _value(*kept)) for task, channel, *kept in theirs["pending_writes"]]),
    }
    return [what for what, is_same in same.items() if not is_same]


def _counted(checkpoint: Any) -> Any:
    """Return a checkpoint with its versions as the official saver counts them."""

    def counts(versions: dict[str, str]) -> dict[str, int]:
        return {channel: int(version.partition(".")[0]) for channel, version in versions.items()}

    seen = {node: counts(versions) for node, versions in checkpoint["versions_seen"].items()}
    return {**checkpoint, "channel_versions": counts(checkpoint["channel_versions"]), "versions_seen": seen}


def _by_task(writes: list[Any]) -> dict[str, list[Any]]:
    """Keep the order inside a task: the official saver mixes the tasks, ours keeps them apart."""
    tasks: dict[str, list[Any]] = defaultdict(list)
    for task, channel, value in writes:
        tasks[task].append((channel, value))
    return dict(tasks)


def _value(kind: str, text: str) -> Any:
    return STORED.loads_typed((kind, base64.b64decode(text)))
