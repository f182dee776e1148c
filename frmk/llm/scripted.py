"""A model that says what it is told to: for tests, and the last resort where there is no other."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from frmk.llm.model import Choice, Piece, Request, Sampling
from frmk.prompts.prompt import PromptMessage

Reply = str | Exception | Sequence[Request]
LAST_RESORT = (
    "No language model is configured, so this sentence comes from the scripted model. "
    "Everything below was computed by the tools."
)


class ScriptedModel:
    """Give the replies in turn, then `LAST_RESORT` for ever; an exception among them is raised.

    `calls` keeps what was asked, for assertions.
    """

    def __init__(
        self,
        replies: Iterable[Reply] = (),
        *,
        name: str = "scripted",
        structured: bool = True,
        delay_seconds: float = 0.0,
    ) -> None:
        self.name = name
        self.provider = "scripted"
        self.structured = structured
        self.calls: list[list[PromptMessage]] = []
        self._replies = iter(tuple(replies))
        self._delay_seconds = delay_seconds

    async def write(self, messages: Sequence[PromptMessage], sampling: Sampling) -> AsyncIterator[Piece]:
        """Yield the next reply word by word."""
        reply = self._next(messages)
        text = reply if isinstance(reply, str) else LAST_RESORT
        words = text.split(" ")[: sampling.max_tokens]
        for index, word in enumerate(words):
            await asyncio.sleep(self._delay_seconds)
            yield Piece(text=word if index == 0 else f" {word}")
        yield Piece(input_tokens=_words(messages), output_tokens=len(words))

    async def choose(
        self, messages: Sequence[PromptMessage], functions: Sequence[dict[str, Any]], sampling: Sampling
    ) -> Choice:
        """Return the next reply where it is a list of requests, nothing chosen otherwise."""
        del functions, sampling
        await asyncio.sleep(self._delay_seconds)
        reply = self._next(messages)
        requests = () if isinstance(reply, str) else tuple(reply)
        return Choice(requests=requests, input_tokens=_words(messages), output_tokens=len(requests))

    async def close(self) -> None:
        """Hold nothing."""

    def _next(self, messages: Sequence[PromptMessage]) -> str | Sequence[Request]:
        self.calls.append(list(messages))
        reply = next(self._replies, LAST_RESORT)
        if isinstance(reply, Exception):
            raise reply
        return reply


def _words(messages: Sequence[PromptMessage]) -> int:
    return sum(len(message.content.split()) for message in messages)
