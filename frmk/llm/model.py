"""What the framework asks of a language model."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from frmk.prompts.prompt import PromptMessage


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """Say how a model writes and how long it may take."""

    temperature: float = 0.1
    max_tokens: int = 60
    repeat_penalty: float = 1.1
    timeout_seconds: float = 20.0


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Carry a piece of text as it is written; the counts are zero where the server names none."""

    text: str = ""
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, kw_only=True)
class Request:
    """Carry one function that a model wants called."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Carry the functions that a model chose, not yet checked by anyone."""

    requests: tuple[Request, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(kw_only=True)
class Usage:
    """Count what a run spent."""

    model: str = "none"
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, other: "Piece | Choice") -> None:
        """Add what one call, or a piece of it, spent."""
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens

    def wire(self) -> dict[str, Any]:
        """Return the usage as clients read it."""
        total = self.input_tokens + self.output_tokens
        return {
            "model": self.model,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "total_tokens": total,
        }


class LanguageModel(Protocol):
    """Write text and choose functions; every failure is a ModelError."""

    @property
    def name(self) -> str:
        """Return the name that answers carry."""
        ...

    @property
    def provider(self) -> str:
        """Return who serves it, in OpenTelemetry's terms (`gen_ai.provider.name`)."""
        ...

    @property
    def structured(self) -> bool:
        """Say whether it is worth asking for functions at all."""
        ...

    def write(self, messages: Sequence[PromptMessage], sampling: Sampling) -> AsyncIterator[Piece]:
        """Yield the answer's pieces."""
        ...

    async def choose(
        self, messages: Sequence[PromptMessage], functions: Sequence[dict[str, Any]], sampling: Sampling
    ) -> Choice:
        """Return the functions that the model wants called."""
        ...

    async def close(self) -> None:
        """Give back connections and servers."""
        ...
