"""Models behind an OpenAI-compatible endpoint."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_openai import ChatOpenAI
from openai import DefaultAsyncHttpxClient
from pydantic import SecretStr

from frmk.errors import ModelError
from frmk.llm.model import Choice, Piece, Request, Sampling
from frmk.prompts.prompt import PromptMessage

_REASON_LENGTH = 300
_WAIT_SECONDS = 60.0
Closing = Callable[[], Awaitable[None]]


class ChatModel:
    """Speak to a LangChain chat model; `structured=False` where it is known to choose no functions."""

    def __init__(
        self,
        chat: BaseChatModel,
        name: str,
        *,
        structured: bool = True,
        penalised: bool = False,
        closing: Sequence[Closing] = (),
    ) -> None:
        self._chat = chat
        self.name = name
        self.structured = structured
        self._penalised = penalised
        self._closing = closing

    async def write(self, messages: Sequence[PromptMessage], sampling: Sampling) -> AsyncIterator[Piece]:
        """Yield the answer's pieces as the server sends them."""
        try:
            async with aclosing(self._chat.astream(_pairs(messages), **self._options(sampling))) as stream:  # type: ignore[type-var]  # an async generator, typed as an iterator
                async for chunk in stream:
                    yield _piece(chunk)
        except Exception as error:
            raise ModelError(f"{self.name}: {_reason(error)}") from error

    async def choose(
        self, messages: Sequence[PromptMessage], functions: Sequence[dict[str, Any]], sampling: Sampling
    ) -> Choice:
        """Return the functions that the model wants called."""
        try:
            answer = await self._chat.ainvoke(
                _pairs(messages), tools=list(functions), **self._options(sampling)
            )
        except Exception as error:
            raise ModelError(f"{self.name}: {_reason(error)}") from error
        requests = tuple(Request(name=call["name"], arguments=call["args"]) for call in answer.tool_calls)
        used = _used(answer)
        return Choice(requests=requests, input_tokens=used[0], output_tokens=used[1])

    async def close(self) -> None:
        """Close the connections, the credential and the server that came with the model."""
        for close in self._closing:
            await close()

    def _options(self, sampling: Sampling) -> dict[str, Any]:
        options: dict[str, Any] = {"temperature": sampling.temperature, "max_tokens": sampling.max_tokens}
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
    client = http_client(base_url)
    chat = ChatOpenAI(
        model=name,
        base_url=base_url,
        api_key=SecretStr(api_key),
        stream_usage=True,
        max_retries=1,
        http_async_client=client,
    )
    closing = (client.aclose, *closing)
    return ChatModel(chat, name, structured=structured, penalised=penalised, closing=closing)


def http_client(url: str) -> DefaultAsyncHttpxClient:
    """Return the connections to one endpoint; a proxy is no way to this machine itself."""
    here = urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
    return DefaultAsyncHttpxClient(timeout=_WAIT_SECONDS, trust_env=not here)


def _pairs(messages: Sequence[PromptMessage]) -> list[Any]:
    return [(message.role, message.content) for message in messages]


def _piece(chunk: BaseMessage) -> Piece:
    used = _used(chunk)
    text = chunk.content if isinstance(chunk.content, str) else chunk.text
    return Piece(text=str(text), input_tokens=used[0], output_tokens=used[1])


def _used(message: BaseMessage) -> tuple[int, int]:
    usage = message.usage_metadata if isinstance(message, AIMessage) else None
    return (usage["input_tokens"], usage["output_tokens"]) if usage else (0, 0)


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or "no reason given"
    return f"{type(error).__name__}: {text[:_REASON_LENGTH]}"
