"""Models in the order in which they are asked, and what is known about them in this process."""

import asyncio
import logging
import time
from collections.abc import Sequence

from frmk.errors import ModelError
from frmk.llm.calls import Heard, unheard
from frmk.llm.model import LanguageModel, Sampling
from frmk.llm.session import ModelSession
from frmk.prompts.prompt import PromptMessage

_log = logging.getLogger(__name__)
_REST_SECONDS = 10.0
_WARM_UP = (PromptMessage("user", "Say hello."),)


class ModelChain:
    """Hold the models; remember which choose no functions, and which rest after a failure."""

    def __init__(self, models: Sequence[LanguageModel]) -> None:
        if not models:
            raise ModelError("A chain needs at least one model, none was given.")
        self._models = tuple(models)
        self._wordy: set[LanguageModel] = set()
        self._resting: dict[LanguageModel, float] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Name the models in order; the first is the one that answers."""
        return tuple(model.name for model in self._models)

    def session(self, token_budget: int, heard: Heard = unheard) -> ModelSession:
        """Return what one run uses: it counts tokens, stops at the budget, and tells of each call."""
        return ModelSession(self, token_budget, heard)

    def awake(self) -> list[LanguageModel]:
        """Return the models that have not just failed."""
        now = time.monotonic()
        return [model for model in self._models if self._resting.get(model, 0.0) <= now]

    def chooser(self) -> LanguageModel | None:
        """Return the first model that is worth asking for functions."""
        return next((m for m in self.awake() if m.structured and m not in self._wordy), None)

    def rest(self, model: LanguageModel, reason: str) -> None:
        """Leave a model alone for a while after a failure, so that every turn does not wait for it."""
        self._resting[model] = time.monotonic() + _REST_SECONDS
        _log.warning("model failed, rests %g s: %s", _REST_SECONDS, reason, extra={"model": model.name})

    def unstructured(self, model: LanguageModel, reason: str) -> None:
        """Ask a model for no more functions in this process."""
        self._wordy.add(model)
        _log.warning("model is asked for no more functions: %s", reason, extra={"model": model.name})

    async def warm(self, prompt: Sequence[PromptMessage] = _WARM_UP) -> None:
        """Let the first model write one word, so that the first turn finds it loaded; never raises."""
        try:
            async with asyncio.timeout(_REST_SECONDS):
                async for _ in self._models[0].write(prompt, Sampling(max_tokens=1)):
                    pass
        except (ModelError, TimeoutError) as error:
            _log.warning("model not warm: %s", error, extra={"model": self._models[0].name})

    async def close(self) -> None:
        """Close every model."""
        for model in self._models:
            await model.close()
