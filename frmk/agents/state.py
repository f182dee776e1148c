"""What a thread remembers, and what a run keeps between its steps."""

from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

from frmk.agents.answer import Answering
from frmk.agents.delegation import Delegation
from frmk.agents.emitter import Emitter
from frmk.agents.workshop import Workshop
from frmk.llm.session import ModelSession

HISTORY_LIMIT = 400


def joined(old: list[dict[str, str]], new: list[dict[str, str]]) -> list[dict[str, str]]:
    """Append messages and forget the oldest beyond the limit."""
    return [*old, *new][-HISTORY_LIMIT:]


def merged(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """Add reports of the same run; those of another run replace all."""
    if not old or old.get("run_id") != new.get("run_id"):
        return new
    return {**old, "by_agent": {**old["by_agent"], **new["by_agent"]}}


class State(TypedDict, total=False):
    """Hold JSON values alone: any checkpointer can keep them."""

    messages: Annotated[list[dict[str, str]], joined]
    slots: dict[str, str | int]
    turn: dict[str, Any]
    stages: list[list[str]]
    questions: list[str]
    handovers: dict[str, dict[str, str]]
    reports: Annotated[dict[str, Any], merged]
    answer: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Hold what lives as long as one attempt at a run and is never stored."""

    workshop: Workshop
    session: ModelSession
    supervisor: Emitter
    context_hash: str
    delegation: Delegation

    def answering(self) -> Answering:
        """Return what writes this run's answer."""
        return Answering(
            workshop=self.workshop,
            session=self.session,
            emitter=self.supervisor,
            context_hash=self.context_hash,
        )
