from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from azure.core.credentials import AccessToken
from pydantic import SecretStr

from frmk.errors import ModelError, UsageError
from frmk.llm.factory import build_models
from frmk.llm.model import Sampling
from frmk.llm.settings import ModelSettings
from frmk.prompts.prompt import PromptMessage

ASK = (PromptMessage("user", "hi"),)
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


class Sink:
    def __init__(self) -> None:
        self.text = ""

    async def piece(self, text: str) -> bool:
        self.text += text
        return True

    async def switched(self, failed: str, reason: str, to: str) -> None:
        raise AssertionError(failed, reason, to)


class Takeover(Sink):
    def __init__(self) -> None:
        super().__init__()
        self.switches: list[tuple[str, str]] = []

    async def switched(self, failed: str, reason: str, to: str) -> None:
        self.switches.append((failed, to))


class ConstantCredential:
    """A credential of Azure whose token never changes."""

    async def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken("token", 2**31)

    async def close(self) -> None: ...


def settings(endpoint: Any, **more: Any) -> ModelSettings:
    return ModelSettings(base_url=f"{endpoint.url}/v1", api_key=SecretStr("secret"), name="small", **more)


async def test_base_url_reaches_the_chat_model(endpoint: Any) -> None:
    """Regression: an earlier factory dropped `base_url`, and every call went to the vendor."""
    chain = await build_models(settings(endpoint))
    sink = Sink()

    session = chain.session(1_000)
    await session.write(ASK, Sampling(max_tokens=7), sink)
    await chain.close()

    assert endpoint.paths == ["/v1/chat/completions"]
    assert endpoint.headers[0]["Authorization"] == "Bearer secret"
    assert endpoint.calls[0]["model"] == "small"
    assert sink.text == "Hello there."


async def test_sampling_reaches_the_endpoint_and_usage_comes_back(endpoint: Any) -> None:
    chain = await build_models(settings(endpoint))

    session = chain.session(1_000)
    await session.write(ASK, Sampling(temperature=0.1, max_tokens=7), Sink())
    await chain.close()

    assert endpoint.calls[0]["temperature"] == 0.1
    assert endpoint.calls[0].get("max_completion_tokens", endpoint.calls[0].get("max_tokens")) == 7
    assert "repeat_penalty" not in endpoint.calls[0]
    assert session.usage.wire() == {
        "model": "small",
        "input_tokens": 3,
        "output_tokens": 2,
        "total_tokens": 5,
    }


async def test_model_that_answers_in_words_is_asked_for_functions_only_once(endpoint: Any) -> None:
    chain = await build_models(settings(endpoint))

    first = await chain.session(1_000).choose(ASK, [FUNCTION], Sampling())
    second = await chain.session(1_000).choose(ASK, [FUNCTION], Sampling())
    await chain.close()

    assert (first, second) == (None, None)
    assert len(endpoint.calls) == 1


async def test_chosen_functions_come_back_and_arguments_that_are_no_object_do_not(endpoint: Any) -> None:
    chain = await build_models(settings(endpoint))
    endpoint.chosen = [
        ("climate", '{"city": "Oslo"}'),
        ("broken", '{"city": '),
        ("listed", "[1]"),
        ("bare", ""),
    ]
    session = chain.session(1_000)

    choice = await session.choose(ASK, [FUNCTION], Sampling())
    await chain.close()

    assert choice is not None
    assert [(one.name, one.arguments) for one in choice.requests] == [
        ("climate", {"city": "Oslo"}),
        ("bare", {}),
    ]
    assert endpoint.calls[0]["tools"] == [FUNCTION]
    assert session.usage.wire()["total_tokens"] == 5


async def test_server_that_refuses_tools_is_asked_only_once_and_still_writes(endpoint: Any) -> None:
    chain = await build_models(settings(endpoint))
    endpoint.status = 400

    assert await chain.session(1_000).choose(ASK, [FUNCTION], Sampling()) is None
    endpoint.status = 200
    sink = Sink()
    await chain.session(1_000).write(ASK, Sampling(), sink)
    await chain.close()

    assert sink.text == "Hello there."


async def test_refusal_of_the_server_is_a_model_error_with_its_reason(endpoint: Any) -> None:
    chain = await build_models(settings(endpoint))
    endpoint.status = 403

    with pytest.raises(ModelError, match=r"small: .*PermissionDenied.*: .*this server takes no such thing"):
        await chain.session(1_000).write(ASK, Sampling(), Sink())
    await chain.close()


async def test_what_else_is_configured_takes_over_from_an_endpoint_that_fails(endpoint: Any) -> None:
    chain = await build_models(
        settings(endpoint, azure_endpoint=endpoint.url, azure_credential=ConstantCredential())
    )
    endpoint.failing = "/v1/chat/completions"
    sink = Takeover()

    await chain.session(1_000).write(ASK, Sampling(), sink)
    await chain.close()

    assert sink.text == "Hello there."
    assert sink.switches == [("small", "small")]
    assert endpoint.paths[-1].startswith("/openai/deployments/small/chat/completions")


async def test_provider_that_cannot_be_had_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'azure' is asked for and cannot be had\. It needs an endpoint"):
        await build_models(ModelSettings(provider="azure"))


async def test_ollama_is_found_on_its_port_and_its_first_model_answers(endpoint: Any) -> None:
    port = await ollama(["qwen3:0.6b"])
    chain = await build_models(ModelSettings(ollama_url=f"http://127.0.0.1:{port.port}"))

    await chain.close()
    await port.close()

    assert chain.names == ("qwen3:0.6b",)


async def test_ollama_without_models_is_not_chosen() -> None:
    port = await ollama([])

    with pytest.raises(UsageError, match="with at least one model"):
        await build_models(ModelSettings(provider="ollama", ollama_url=f"http://127.0.0.1:{port.port}"))
    await port.close()


async def ollama(names: list[str]) -> Any:
    async def tags(_: web.Request) -> web.Response:
        return web.json_response({"models": [{"name": name} for name in names]})

    app = web.Application()
    app.router.add_get("/api/tags", tags)
    server = TestServer(app)
    await server.start_server()
    return server
