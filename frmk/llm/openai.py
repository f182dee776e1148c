"""Models behind an OpenAI-compatible endpoint."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from openai import AsyncAzureOpenAI, AsyncOpenAI, DefaultAsyncHttpxClient
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletionMessage

from frmk.errors import ModelError
from frmk.llm.model import Choice, Piece, Request, Sampling
from frmk.prompts.prompt import PromptMessage

_REASON_LENGTH = 300
_WAIT_SECONDS = 60.0
RETRIES = 1
Closing = Callable[[], Awaitable[None]]


class ChatModel:
    """Speak to one chat model; `structured=False` where it is known to choose no functions."""

    def __init__(
        self,
        client: AsyncOpenAI,
        name: str,
        *,
        structured: bool = True,
        penalised: bool = False,
        closing: Sequence[Closing] = (),
    ) -> None:
        self._client = client
        self.name = name
        self.provider = "azure.ai.openai" if isinstance(client, AsyncAzureOpenAI) else "openai"
        self.structured = structured
        self._penalised = penalised
        self._closing = closing

    async def write(self, messages: Sequence[PromptMessage], sampling: Sampling) -> AsyncIterator[Piece]:
        """Yield the answer's pieces as the server sends them."""
        options = self._options(messages, sampling)
        try:
            async with await self._client.chat.completions.create(
                **options, stream=True, stream_options={"include_usage": True}
            ) as stream:
                async for chunk in stream:
                    text = chunk.choices[0].delta.content if chunk.choices else None
                    used = _used(chunk.usage)
                    yield Piece(text=text or "", input_tokens=used[0], output_tokens=used[1])
        except Exception as error:
            raise ModelError(f"{self.name}: {_reason(error)}") from error

    async def choose(
        self, messages: Sequence[PromptMessage], functions: Sequence[dict[str, Any]], sampling: Sampling
    ) -> Choice:
        """Return the functions that the model wants called."""
        options = {**self._options(messages, sampling), "tools": list(functions)}
        try:
            answer = await self._client.chat.completions.create(**options)
            requests = tuple(_requests(answer.choices[0].message))
        except Exception as error:
            raise ModelError(f"{self.name}: {_reason(error)}") from error
        used = _used(answer.usage)
        return Choice(requests=requests, input_tokens=used[0], output_tokens=used[1])

    async def close(self) -> None:
        """Close the connections, the credential and the server that came with the model."""
        for close in self._closing:
            await close()

    def _options(self, messages: Sequence[PromptMessage], sampling: Sampling) -> dict[str, Any]:
        options: dict[str, Any] = {
            "model": self.name,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "temperature": sampling.temperature,
            "max_completion_tokens": sampling.max_tokens,
        }
        if self._penalised:
            options["extra_body"] = {"repeat_penalty": sampling.repeat_penalty, "cache_prompt": True}
        return options


def openai_model(
    *,
    name: str,
    base_url: str,
    api_key: str,
    structured: bool = True,
    penalised: bool = False,
    closing: Sequence[Closing] = (),
) -> ChatModel:
    """Return the model of that name behind `base_url`."""
    client = AsyncOpenAI(
        base_url=base_url, api_key=api_key, max_retries=RETRIES, http_client=http_client(base_url)
    )
    closing = (client.close, *closing)
    return ChatModel(client, name, structured=structured, penalised=penalised, closing=closing)


def http_client(url: str) -> DefaultAsyncHttpxClient:
    """Return the connections to one endpoint; a proxy is no way to this machine itself."""
    here = urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
    return DefaultAsyncHttpxClient(timeout=_WAIT_SECONDS, trust_env=not here)


def _requests(message: ChatCompletionMessage) -> Iterator[Request]:
    """Yield the calls whose arguments are an object; others are none that could be made."""
    for call in message.tool_calls or ():
        if call.type != "function":
            continue
        try:
            arguments = json.loads(call.function.arguments or "{}")
        except ValueError:
            continue
        if isinstance(arguments, dict):
            yield Request(name=call.function.name, arguments=arguments)


def _used(usage: CompletionUsage | None) -> tuple[int, int]:
    return (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or "no reason given"
    return f"{type(error).__name__}: {text[:_REASON_LENGTH]}"
