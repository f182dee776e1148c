"""The models as one run uses them: in order, within a budget of tokens, with what failed put into words."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Protocol

from frmk.errors import ModelError, UnusableTextError
from frmk.llm.calls import Asker, Heard, Spent, told
from frmk.llm.model import Choice, LanguageModel, Piece, Sampling, Usage
from frmk.llm.quality import defect
from frmk.prompts.prompt import PromptMessage

if TYPE_CHECKING:
    from frmk.llm.chain import ModelChain

_log = logging.getLogger(__name__)
_CHARACTERS_PER_TOKEN = 4


class Sink(Protocol):
    """Take a text as it is written."""

    async def piece(self, text: str) -> bool:
        """Take the next piece; say whether more is wanted."""
        ...

    async def switched(self, failed: str, reason: str, to: str) -> None:
        """Hear that a model failed and another one begins anew."""
        ...


class ModelSession:
    """Write and choose for one run."""

    def __init__(self, chain: "ModelChain", token_budget: int, heard: Heard) -> None:
        self._chain = chain
        self._budget = token_budget
        self._heard = heard
        self.usage = Usage()

    async def write(
        self,
        messages: Sequence[PromptMessage],
        sampling: Sampling,
        sink: Sink,
        asker: Asker | None = None,
    ) -> str:
        """Return the text of the first model that writes one; ModelError if none does."""
        failures: list[str] = []
        models = self._chain.awake()
        for position, model in enumerate(models, 1):
            try:
                text = await self._written(model, messages, sampling, sink, asker)
            except ModelError as error:
                failures.append(str(error))
                if position < len(models):
                    await sink.switched(model.name, str(error), models[position].name)
            else:
                return text
        names = ", ".join(self._chain.names)
        raise ModelError("; ".join(failures) or f"{names}: failed a moment ago and is not asked again yet")

    async def choose(
        self,
        messages: Sequence[PromptMessage],
        functions: Sequence[dict[str, Any]],
        sampling: Sampling,
        asker: Asker | None = None,
    ) -> Choice | None:
        """Return a model's choice of functions; None where none is worth asking or the asked one fails."""
        model = self._chain.chooser()
        if model is None or self._spent():
            return None
        try:
            with told(self._heard, model, sampling, asker) as spent:
                async with asyncio.timeout(sampling.timeout_seconds):
                    choice = await model.choose(messages, functions, sampling)
                spent.add(choice)
        except (ModelError, TimeoutError) as error:
            # Down for a moment is not unable for ever: the next turn asks again.
            _log.warning("no choice: %s", str(error) or "no answer in time", extra={"model": model.name})
            return None
        self.usage.add(choice)
        if not choice.requests:
            self._chain.unstructured(model, "it answered without choosing one")
            return None
        return choice

    def refuse_choices(self, reason: str) -> None:
        """Say that the choice was unusable, so that this model is not asked again in this process."""
        model = self._chain.chooser()
        if model is not None:
            self._chain.unstructured(model, reason)

    async def _written(
        self,
        model: LanguageModel,
        messages: Sequence[PromptMessage],
        sampling: Sampling,
        sink: Sink,
        asker: Asker | None,
    ) -> str:
        if self._spent():
            raise ModelError(f"{model.name}: the run's budget of {self._budget} tokens is used up")
        try:
            with told(self._heard, model, sampling, asker) as spent:
                async with asyncio.timeout(sampling.timeout_seconds):
                    text = await self._collect(model, messages, sampling, sink, spent)
                return _usable(text, model)
        except TimeoutError:
            reason = f"{model.name}: no answer within {sampling.timeout_seconds:g} s"
            self._chain.rest(model, reason)
            raise ModelError(reason) from None
        except UnusableTextError:
            raise
        except ModelError as error:
            self._chain.rest(model, str(error))
            raise

    async def _collect(
        self,
        model: LanguageModel,
        messages: Sequence[PromptMessage],
        sampling: Sampling,
        sink: Sink,
        spent: Spent,
    ) -> str:
        pieces: list[str] = []
        stream: AsyncIterator[Piece] = model.write(messages, sampling)
        try:
            async with aclosing(stream):  # type: ignore[type-var]  # every model's is an async generator
                async for piece in stream:
                    spent.add(piece)
                    if piece.text:
                        pieces.append(piece.text)
                        if not await sink.piece(piece.text):
                            break
        finally:
            self.usage.model = model.name if pieces else self.usage.model
            self._count(spent, messages, "".join(pieces))
        return "".join(pieces)

    def _count(self, spent: Spent, messages: Sequence[PromptMessage], text: str) -> None:
        """Add what a call took to the budget's count, estimated where the server names no counts."""
        asked = sum(len(message.content) for message in messages) // _CHARACTERS_PER_TOKEN
        written = len(text) // _CHARACTERS_PER_TOKEN
        self.usage.input_tokens += spent.input_tokens or asked
        self.usage.output_tokens += spent.output_tokens or written
        if text and not spent.input_tokens + spent.output_tokens:
            spent.input_tokens, spent.output_tokens, spent.estimated = asked, written, True

    def _spent(self) -> bool:
        return self.usage.input_tokens + self.usage.output_tokens >= self._budget


def _usable(text: str, model: LanguageModel) -> str:
    """Return a text of which an answer can be made; raise UnusableTextError."""
    wrong = defect(text)
    if wrong is not None:
        raise UnusableTextError(f"{model.name}: {wrong}")
    return text
