"""A scripted executor and what it tells."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from frmk.events import EventDraft, EventType
from frmk.runs.engine import RunEngine
from frmk.runs.executor import Turn
from frmk.runs.models import Run, RunLimits, StartRun

_LONG_SECONDS = 1.0
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
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the script has come to a step that lasts."""

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
                else:
                    await self._rest(step)
        finally:
            self.stopped += 1

    async def _rest(self, step: float | asyncio.Event) -> None:
        if isinstance(step, asyncio.Event):
            self.waiting.set()
            await step.wait()
            return
        if step >= _LONG_SECONDS:
            self.waiting.set()
        await asyncio.sleep(step)

    async def forget(self, user: str, thread_id: str) -> None:
        self.forgotten.append((user, thread_id))


LIMITS = RunLimits(coalesce_seconds=0.05, lease_seconds=0.6, stop_seconds=1.0)


def ask(message: str = "Where to?", user: str = "ana", **fields: Any) -> StartRun:
    return StartRun(user=user, message=message, **fields)


async def told(engine: RunEngine, run: Run, count: int) -> None:
    """Wait until so many events of a run are stored."""
    live = engine.follow(run.user, run.run_id)
    async with asyncio.timeout(60):
        for _ in range(count):
            await anext(live)
    await live.aclose()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a condition holds; fail after a minute at the least."""
    for _ in range(6_000):
        if await condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never happened")
