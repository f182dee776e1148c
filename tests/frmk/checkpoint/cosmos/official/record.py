"""Record what the official saver writes and what it reads back, as JSON on standard output.

Needs langchain-azure-cosmosdb on the path, beside this project's packages:

    pip install --no-deps --target FOLDER langchain-azure-cosmosdb==1.0.1 numpy
    PYTHONPATH=FOLDER python tests/frmk/checkpoint/cosmos/official/record.py ENDPOINT KEY [CA]

The endpoint is a database to experiment on: `python -m infra.twin.database` prints one.
"""

import asyncio
import base64
import json
import sys
import uuid
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from graphs import asking, chat, failing, nested
from langchain_azure_cosmosdb.aio import CosmosDBSaver
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

SYSTEM_FIELDS = ("_rid", "_self", "_etag", "_attachments", "_ts")


@dataclass
class Trip:
    """Be a class that whoever imports the thread does not have."""

    city: str
    nights: int


def place(thread: str) -> dict[str, Any]:
    return {"configurable": {"thread_id": thread}, "metadata": {"tenant": "north"}}


async def run_all(saver: CosmosDBSaver) -> None:
    for text in ("Plan a trip", "Longer, please"):
        await chat(saver, Trip("Lisbon", 3)).ainvoke(
            {"messages": [HumanMessage(text)], "log": ["asked"]}, place("chat:1")
        )
    await asking(saver).ainvoke({"log": ["asked"]}, place("asking"))
    with suppress(RuntimeError):
        await failing(saver).ainvoke({"log": ["asked"]}, place("failing"))
    await nested(saver).ainvoke({"log": ["asked"]}, place("nested"))
    graph = chat(saver, Trip("Lisbon", 3))
    await graph.ainvoke({"log": ["asked"]}, place("branched"))
    states = [state async for state in graph.aget_state_history(place("branched"))]
    await graph.aupdate_state(states[1].config, {"log": ["changed"]})


async def what_it_reads(saver: CosmosDBSaver, thread: str, namespace: str) -> list[dict[str, Any]]:
    serde = JsonPlusSerializer()

    def text(value: Any) -> list[str]:
        kind, data = serde.dumps_typed(value)
        return [kind, base64.b64encode(data).decode()]

    config = {"configurable": {"thread_id": thread, "checkpoint_ns": namespace}}
    return [
        {
            "checkpoint_id": found.checkpoint["id"],
            "parent_id": found.parent_config["configurable"]["checkpoint_id"]
            if found.parent_config
            else None,
            "state": text(found.checkpoint),
            "metadata": text(found.metadata),
            "pending_writes": [
                [task, channel, *text(value)] for task, channel, value in found.pending_writes or []
            ],
        }
        async for found in saver.alist(config)
    ]


async def main(endpoint: str, key: str, ca: str | None) -> None:
    name = f"official-{uuid.uuid4().hex[:8]}"
    async with CosmosDBSaver.from_conn_info(
        endpoint=endpoint,
        key=key,
        database_name=name,
        container_name="checkpoints",
        cosmos_client_kwargs={"connection_verify": ca or False},
    ) as saver:
        await run_all(saver)
        found = [item async for item in saver.container.query_items(query="SELECT * FROM c")]
        documents = [{k: v for k, v in item.items() if k not in SYSTEM_FIELDS} for item in found]
        lanes = sorted(
            {tuple(d["id"].split("$")[1:3]) for d in documents if d["id"].startswith("checkpoint$")}
        )
        read = [
            {"thread_id": thread, "namespace": ns, "checkpoints": await what_it_reads(saver, thread, ns)}
            for thread, ns in lanes
        ]
    packages = ("langchain-azure-cosmosdb", "langgraph", "langgraph-checkpoint", "azure-cosmos")
    recorded = {
        "recorded_by": "record.py beside this file, which says how to record again",
        "versions": {package: version(package) for package in packages},
        "documents": sorted(documents, key=lambda document: document["id"]),
        "read_by_the_official_saver": read,
    }
    json.dump(recorded, sys.stdout, indent=1, ensure_ascii=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None))
