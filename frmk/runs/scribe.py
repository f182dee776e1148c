"""Numbering what happens in a run, and keeping what its thread will remember."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from frmk.errors import ExecutorError
from frmk.events import Event, EventDraft, EventType
from frmk.runs.clock import utc_now
from frmk.runs.models import Message, Run, Usage


class Scribe:
    """Give drafts their number and time; time never goes back."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._time = run.created_at
        self._tools: list[Message] = []
        self.seq = run.last_seq

    def replay(self, events: Sequence[Event]) -> None:
        """Take up where another replica stopped."""
        for event in events:
            self._time = max(self._time, event.time)
            self._keep(event)

    def write(self, drafts: Sequence[EventDraft], *, final: bool = False) -> list[Event]:
        """Return numbered events; with `final` the last of them ends the run."""
        now = self._time = max(self._time, utc_now())
        last = len(drafts)
        events = [
            self._event(draft, self.seq + place, now, final=final and place == last)
            for place, draft in enumerate(drafts, 1)
        ]
        for event in events:
            self._keep(event)
        self.seq += last
        return events

    def history(self, end: Event) -> tuple[Message, ...]:
        """Return what the thread remembers of the run: its tools' results and its answer."""
        answer = Message(
            role="assistant",
            content=str(end.data.get("message", "")),
            time=end.time,
            run_id=end.run_id,
            agent=end.agent,
        )
        return (*self._tools, answer)

    def _event(self, draft: EventDraft, seq: int, now: datetime, *, final: bool) -> Event:
        run = self._run
        return Event(
            type=draft.type,
            run_id=run.run_id,
            thread_id=run.thread_id,
            seq=seq,
            time=now,
            agent=draft.agent,
            data=draft.data,
            final=final,
        )

    def _keep(self, event: Event) -> None:
        if event.type is EventType.TOOL_COMPLETED and "output" in event.data:
            output = event.data["output"]
            self._tools.append(
                Message(
                    role="tool",
                    content=output if isinstance(output, str) else json.dumps(output, default=str),
                    time=event.time,
                    run_id=event.run_id,
                    agent=event.agent,
                    tool=event.data.get("tool"),
                    tool_call_id=event.data.get("tool_call_id"),
                )
            )


def check_json(draft: EventDraft) -> None:
    """Raise ExecutorError unless the draft can be stored and sent."""
    try:
        to_json(draft.data)
        draft.agent.encode()
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise ExecutorError(f"{draft.type} of {draft.agent!a} holds data that is no JSON: {error}") from error


def usage_of(data: dict[str, Any]) -> Usage:
    """Return the usage that a supervisor's end reports; what is absent or no count is 0."""
    told = data.get("usage")
    if not isinstance(told, dict):
        return Usage()
    return Usage(
        model=str(told.get("model") or ""),
        input_tokens=_count(told.get("input_tokens")),
        output_tokens=_count(told.get("output_tokens")),
        total_tokens=_count(told.get("total_tokens")),
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
