from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from frmk.llm.factory import build_models
from frmk.llm.model import Sampling
from frmk.llm.settings import ModelSettings
from frmk.prompts.prompt import PromptMessage


class Sink:
    async def piece(self, text: str) -> bool:
        return bool(text)

    async def switched(self, failed: str, reason: str, to: str) -> None:
        raise AssertionError(failed, reason, to)


@pytest.fixture
async def identity(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[dict[str, str]]]:
    """Answer as the identity endpoint of App Service and Container Apps does."""
    seen: list[dict[str, str]] = []

    async def token(request: web.Request) -> web.Response:
        seen.append({**request.query, "header": request.headers.get("X-IDENTITY-HEADER", "")})
        body = {
            "access_token": "from-identity",
            "expires_on": "4102444800",
            "resource": "r",
            "token_type": "Bearer",
        }
        return web.json_response(body)

    app = web.Application()
    app.router.add_get("/msi/token", token)
    server = TestServer(app)
    await server.start_server()
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.port}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header-of-the-replica")
    yield seen
    await server.close()


async def test_azure_is_asked_with_a_token_of_the_managed_identity(
    endpoint: Any, identity: list[dict[str, str]]
) -> None:
    wanted = ModelSettings(azure_endpoint=f"{endpoint.url}/", name="chat", azure_client_id="client-1")
    chain = await build_models(wanted)

    session = chain.session(1_000)
    await session.write((PromptMessage("user", "hi"),), Sampling(), Sink())
    await chain.close()

    assert identity[0]["client_id"] == "client-1"
    assert identity[0]["header"] == "header-of-the-replica"
    assert identity[0]["resource"] == "https://cognitiveservices.azure.com"
    assert endpoint.headers[0]["Authorization"] == "Bearer from-identity"
    assert endpoint.paths[0].startswith("/openai/deployments/chat/chat/completions?api-version=")
    assert session.usage.model == "chat"


class Told(Sink):
    def __init__(self) -> None:
        self.switches: list[tuple[str, str]] = []

    async def switched(self, failed: str, reason: str, to: str) -> None:
        self.switches.append((failed, to))


async def test_a_further_deployment_answers_when_the_first_one_fails(
    endpoint: Any, identity: list[dict[str, str]]
) -> None:
    endpoint.failing = "/openai/deployments/chat/chat/completions"
    chain = await build_models(
        ModelSettings(azure_endpoint=f"{endpoint.url}/", name="chat", fallbacks=("cheap",))
    )

    session, sink = chain.session(1_000), Told()
    await session.write((PromptMessage("user", "hi"),), Sampling(), sink)
    await chain.close()

    assert chain.names == ("chat", "cheap")
    assert sink.switches == [("chat", "cheap")]
    assert session.usage.model == "cheap"
