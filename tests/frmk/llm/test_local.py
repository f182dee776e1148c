import asyncio
import json
import signal
import socket
import sys
import urllib.request

import pytest

from frmk.llm.factory import build_models
from frmk.llm.model import Sampling
from frmk.llm.settings import ModelSettings
from frmk.prompts.prompt import PromptMessage


async def start(*options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "frmk.llm.local", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.model
async def test_server_says_where_it_is_and_ends_on_sigterm() -> None:
    process = await start("--port", "0")
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())

    models = json.load(await asyncio.to_thread(urllib.request.urlopen, f"{ready['url']}/models"))
    process.send_signal(signal.SIGTERM)

    assert models["data"][0]["id"] == ready["model"]
    assert await asyncio.wait_for(process.wait(), 20) == 0


@pytest.mark.model
async def test_port_in_use_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = await start("--port", port)
        _, error = await process.communicate()

    assert process.returncode == 1
    assert error.decode().splitlines() == [
        f"127.0.0.1:{port} cannot be listened on: Address already in use. Choose another --port."
    ]


@pytest.mark.model
async def test_small_model_writes_words_within_its_bound() -> None:
    chain = await build_models(ModelSettings(provider="local"))
    pieces: list[str] = []

    class Sink:
        async def piece(self, text: str) -> bool:
            pieces.append(text)
            return True

        async def switched(self, failed: str, reason: str, to: str) -> None:
            raise AssertionError(failed, reason, to)

    session = chain.session(1_000)
    await session.write(
        (PromptMessage("user", "Write one sentence about Lisbon."),),
        Sampling(max_tokens=20, timeout_seconds=60),
        Sink(),
    )
    await chain.close()

    assert session.usage.model == "SmolLM2-135M-Instruct"
    assert 0 < session.usage.output_tokens <= 20
    assert any(char.isalpha() for char in "".join(pieces))
