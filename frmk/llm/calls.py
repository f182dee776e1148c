"""Calls of language models, as whoever watches a run is told of them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from frmk.llm.model import LanguageModel, Sampling, Usage


class Asker(Protocol):
    """Be the agent on whose behalf a model is asked."""

    @property
    def run_id(self) -> str:
        """Return the id of the agent's present run."""
        ...


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
    input_tokens: int
    output_tokens: int
    error: str | None
    """The kind of failure, never its text, which may quote what a user wrote."""


Heard = Callable[[ModelCall], None]


@contextmanager
def told(heard: Heard, model: LanguageModel, sampling: Sampling, asker: Asker | None) -> Iterator[Usage]:
    """Yield where a call counts its tokens; tell of the call when it is over, however it ends."""
    spent, began, error = Usage(), time.time_ns(), None
    agent_run_id = asker.run_id if asker else ""
    try:
        yield spent
    except BaseException as failure:
        error = type(failure).__name__
        raise
    finally:
        heard(
            ModelCall(
                agent_run_id=agent_run_id,
                provider=model.provider,
                model=model.name,
                temperature=sampling.temperature,
                max_tokens=sampling.max_tokens,
                began=began,
                ended=time.time_ns(),
                input_tokens=spent.input_tokens,
                output_tokens=spent.output_tokens,
                error=error,
            )
        )


def unheard(_call: ModelCall) -> None:
    """Tell nobody."""
