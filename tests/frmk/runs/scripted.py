"""A scripted executor and what it tells."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from frmk.events import EventDraft, EventType
from frmk.runs.executor import Turn
from frmk.runs.models import RunLimits, StartRun

Step = EventDraft | float | Exception | asyncio.Event


def draft(
    kind: str, agent: str = "supervisor", run: str = "s", parent: str | None = None, **data: Any
) -> EventDraft:
    ids = {"agent_run_id": run, "parent_run_id": parent}
    return EventDraft(type=EventType(kind), agent=agent, data={**data, **ids})


def whole_turn(answer: str = "Go to Lisbon.") -> list[Step]:
    return [
        draft("agent_started", parent=None, context_hash="0" * 64),
        draft("agent_thinking", text="I ask the weather agent."),
        draft("agent_started", "weather", "w", "s", context_hash="1" * 64),
        draft(
            "tool_executing", "weather", "w", "s",
            tool="forecast", tool_call_id="c1", input={"city": "Lisbon"},
        ),
        draft(
            "tool_completed", "weather", "w", "s",
            tool="forecast", tool_call_id="c1", output={"celsius": 21}, seconds=0.1,
        ),
        draft("agent_completed", "weather", "w", "s", message="21 °C", context_hash="2" * 64),
        *(draft("agent_thinking", delta=piece) for piece in ("Go ", "to ", "Lisbon.")),
        draft(
            "agent_completed", message=answer, context_hash="3" * 64, completed=True, missing=[], context={},
            usage={"model": "scripted", "input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
        ),
    ]  # fmt: skip


@dataclass
class ScriptExecutor:
    """Tell drafts, sleep for numbers, wait for events, raise exceptions."""

    script: Callable[[Turn], list[Step]] | list[Step] = field(default_factory=whole_turn)
    turns: list[Turn] = field(default_factory=list)
    forgotten: list[tuple[str, str]] = field(default_factory=list)
    stopped: int = 0

    def goals(self) -> list[str]:
        return ["travel_planning", "cost_optimization"]

    async def execute(self, turn: Turn) -> AsyncIterator[EventDraft]:
        self.turns.append(turn)
        try:
            for step in self.script(turn) if callable(self.script) else self.script:
                if isinstance(step, EventDraft):
                    yield step
                elif isinstance(step, Exception):
                    raise step
                elif isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    await asyncio.sleep(step)
        finally:
            self.stopped += 1

    async def forget(self, user: str, thread_id: str) -> None:
        self.forgotten.append((user, thread_id))


LIMITS = RunLimits(coalesce_seconds=0.05, lease_seconds=0.6, stop_seconds=1.0)


def ask(message: str = "Where to?", user: str = "ana", **fields: Any) -> StartRun:
    return StartRun(user=user, message=message, **fields)
