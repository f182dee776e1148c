"""How an agent has its prose written: sentence by sentence, through the filter, out as events."""

from collections.abc import Callable, Sequence

from frmk.agents.emitter import Emitter
from frmk.agents.prose import ProseFilter
from frmk.errors import ModelError
from frmk.goal.models import ModelSpec
from frmk.llm.model import Sampling
from frmk.llm.session import ModelSession
from frmk.prompts.prompt import PromptMessage

Restart = Callable[[], None]


class Composer:
    """Put an answer together; what it holds is, at every moment, what went out as deltas."""

    def __init__(self, emitter: Emitter) -> None:
        self._emitter = emitter
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        """Return the answer so far."""
        return "".join(self._parts)

    def add(self, text: str, *, apart: bool = False) -> None:
        """Append a sentence, or with `apart` a block of its own."""
        if not text:
            return
        piece = f"{self._gap(apart=apart)}{text}"
        self._parts.append(piece)
        self._emitter.delta(piece)

    def clear(self) -> None:
        """Begin anew, for a new run of the agent."""
        self._parts.clear()

    def _gap(self, *, apart: bool) -> str:
        if not self._parts:
            return ""
        return "\n\n" if apart else " "


class FilteredSink:
    """Let through what the facts support; on a change of model close this run and open another."""

    def __init__(
        self, known: str, composer: Composer, emitter: Emitter, *, context_hash: str, model: ModelSpec
    ) -> None:
        self._known = known
        self._model = model
        self._composer = composer
        self.emitter = emitter
        self._context_hash = context_hash
        self.filter = ProseFilter(known, model.claims)

    async def piece(self, text: str) -> bool:
        """Take a piece as the model writes it; enough sentences end it."""
        for sentence in self.filter.feed(text):
            self._composer.add(sentence)
        return len(self.filter.kept) < self._model.sentences

    async def switched(self, failed: str, reason: str, to: str) -> None:
        """Close this run as failed and begin anew with another model."""
        del failed
        self.emitter.failed("ModelError", reason, recovered_by=to)
        self.emitter.started(self._context_hash)
        self._composer.clear()
        self.filter = ProseFilter(self._known, self._model.claims)

    def finish(self) -> None:
        """Take the end of the text."""
        if len(self.filter.kept) >= self._model.sentences:
            return
        for sentence in self.filter.finish():
            self._composer.add(sentence)


async def write_prose(
    session: ModelSession, messages: Sequence[PromptMessage], sampling: Sampling, sink: FilteredSink
) -> str | None:
    """Write through the sink; return what went wrong, in words for people, or None."""
    try:
        await session.write(messages, sampling, sink, sink.emitter)
    except ModelError as error:
        return str(error)
    sink.finish()
    return None
