"""Put a large checkpoint and die, as a killed replica does, after some of its chunks have been stored."""

import asyncio
import json
import os
import signal
import sys
from typing import Any

from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import CosmosClient

from frmk.checkpoint.cosmos import CosmosSaver
from tests.frmk.checkpoint.cosmos.faults import writes
from tests.frmk.checkpoint.cosmos.graphs import put, state, thread


class DyingTransport(AioHttpTransport):
    """Kill this process once a number of writes has been answered."""

    def __init__(self, survives: int) -> None:
        super().__init__()
        self.left = survives

    async def send(self, request: Any, **options: Any) -> Any:
        answer = await super().send(request, **options)
        if writes(request):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return answer


async def main(place: dict[str, Any]) -> None:
    async with CosmosClient(
        place["endpoint"],
        place["key"],
        transport=DyingTransport(place["survives"]),
        connection_verify=False,
    ) as client:
        container = client.get_database_client(place["database"]).get_container_client(place["container"])
        saver = CosmosSaver(container)
        latest = await saver.aget_tuple(thread("t"))
        assert latest is not None
        await put(saver, latest.config, state(value=os.urandom(place["size"])))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
