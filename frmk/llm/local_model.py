"""The small model as one of the chain, served inside this process."""

import asyncio

from frmk.llm.local import LocalServer, start_server
from frmk.llm.openai import ChatModel, openai_model


class _Holder:
    """Keep the server alive as long as the model."""

    def __init__(self, server: LocalServer) -> None:
        self._server: LocalServer | None = server

    async def close(self) -> None:
        self._server = None


async def local_model() -> ChatModel:
    """Start the server on a free port of this machine and return its model.

    It is known to choose no functions (none of five in our measurement), so it is never asked for one.
    """
    server = await asyncio.to_thread(start_server)
    return await asyncio.to_thread(
        openai_model,
        name=server.model,
        base_url=server.url,
        api_key="local",
        structured=False,
        penalised=True,
        closing=(_Holder(server).close,),
    )
