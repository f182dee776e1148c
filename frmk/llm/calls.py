"""Calls of language models, as whoever watches a run is told of them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from frmk.errors import ModelError
from frmk.llm.model import LanguageModel, Sampling, Usage


class Asker(Protocol):
    """Be the agent on whose behalf a model is asked."""

    @property
    def run_id(self) -> str:
        """Return the id of the agent's present run."""
        ...


@dataclass(kw_only=True)
class Spent(Usage):
    """Count what one call took."""

    estimated: bool = False
    """Whether the server named no counts."""


@dataclass(frozen=True, kw_only=True)
class ModelCall:
    """Say what one call was and took; moments in nanoseconds since the epoch."""

    agent_run_id: str
    provider: str
    model: str
    temperature: float
    max_tokens: int
    began: int
    ended: int
    spent: Spent
    error: str | None
    """The kind of failure, never its text, which may quote what a user wrote."""


Heard = Callable[[ModelCall], None]


@contextmanager
def told(heard: Heard, model: LanguageModel, sampling: Sampling, asker: Asker | None) -> Iterator[Spent]:
    """Yield where a call counts its tokens; tell of the call when it is over, however it ends."""
    spent, error = Spent(), None
    call = partial(
        ModelCall,
        agent_run_id=asker.run_id if asker else "",
        provider=model.provider,
        model=model.name,
        temperature=sampling.temperature,
        max_tokens=sampling.max_tokens,
        began=time.time_ns(),
        spent=spent,
    )
    try:
        yield spent
    except BaseException as failure:
        error = _kind(failure)
        raise
    finally:
        heard(call(ended=time.time_ns(), error=error))


def unheard(*_told: object) -> None:
    """Tell nobody."""


def _kind(failure: BaseException) -> str:
    """Name a failure by what the client's library raised, where that is known."""
    cause = failure.__cause__ if isinstance(failure, ModelError) else None
    return type(cause or failure).__name__
