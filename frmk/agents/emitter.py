"""How one agent says what happens to it."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from frmk.events import EventDraft, EventType

Write = Callable[[EventDraft], None]


class Emitter:
    """Write the events of one agent; each of its runs opens once, closes once, and its tools lie between."""

    def __init__(self, write: Write, agent: str, *, parent: str | None, parent_run_id: str | None) -> None:
        self._write = write
        self.agent = agent
        self._parent = parent
        self._parent_run_id = parent_run_id
        self._tools: dict[str, tuple[str, float]] = {}
        self.run_id = ""

    def write_to(self, write: Write) -> None:
        """Send what follows somewhere else."""
        self._write = write

    def started(self, context_hash: str) -> None:
        """Open a run of the agent over the state with that digest."""
        self.run_id = uuid4().hex
        self._emit(EventType.AGENT_STARTED, parent=self._parent, context_hash=context_hash)

    def thinking(self, text: str) -> None:
        """Say what the agent is about to do."""
        self._emit(EventType.AGENT_THINKING, text=text)

    def delta(self, text: str) -> None:
        """Give a piece of the answer as it is written."""
        self._emit(EventType.AGENT_THINKING, delta=text)

    def tool_executing(self, tool: str, values: dict[str, Any]) -> str:
        """Open a call of a tool and return its id."""
        call = uuid4().hex
        self._tools[call] = (tool, time.monotonic())
        self._emit(EventType.TOOL_EXECUTING, tool=tool, tool_call_id=call, input=values)
        return call

    def tool_completed(self, call: str, **result: Any) -> None:
        """Close a call with `output` or `error`."""
        tool, begun = self._tools.pop(call)
        seconds = round(time.monotonic() - begun, 6)
        self._emit(EventType.TOOL_COMPLETED, tool=tool, tool_call_id=call, seconds=seconds, **result)

    def completed(self, message: str, context_hash: str, **more: Any) -> None:
        """Close the run with what the agent found."""
        self._close_tools()
        self._emit(EventType.AGENT_COMPLETED, message=message, context_hash=context_hash, **more)

    def failed(self, error: str, detail: str, recovered_by: str | None) -> None:
        """Close the run as failed and name who goes on."""
        self._close_tools()
        self._emit(EventType.AGENT_FAILED, error=error, detail=detail, recovered_by=recovered_by)

    def _close_tools(self) -> None:
        for call in list(self._tools):
            self.tool_completed(call, error="The agent ended before this tool did.")

    def _emit(self, kind: EventType, **data: Any) -> None:
        ids = {"agent_run_id": self.run_id, "parent_run_id": self._parent_run_id}
        self._write(EventDraft(type=kind, agent=self.agent, data={**data, **ids}))
