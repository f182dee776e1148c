"""What is open in a run, and what may happen next: the order that clients rely on."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from frmk.errors import ExecutorError
from frmk.events import Event, EventDraft, EventType
from frmk.runs.states import RunStatus, advance

_CLOSING = (EventType.AGENT_COMPLETED, EventType.AGENT_FAILED)


@dataclass(slots=True)
class OpenAgent:
    """Hold an agent that has started and not ended, with its open tools by call id."""

    name: str
    agent_run_id: str
    parent_run_id: str | None
    tools: dict[str, str] = field(default_factory=dict)

    def draft(self, kind: EventType, **data: Any) -> EventDraft:
        """Return an event of this agent."""
        ids = {"agent_run_id": self.agent_run_id, "parent_run_id": self.parent_run_id}
        return EventDraft(type=kind, agent=self.name, data={**data, **ids})


class Ledger:
    """Check drafts as they come, close what is left open, and know the run's status.

    The supervisor's end is held back until nothing follows it, since a failed supervisor may start again
    with another model: take it with `settle`.
    """

    def __init__(self, status: RunStatus) -> None:
        self.status = status
        self._open: dict[str, OpenAgent] = {}
        self._supervisor: str | None = None
        self._delegated = False
        self._held: EventDraft | None = None

    @property
    def held(self) -> EventDraft | None:
        """Return the supervisor's end, if it has come."""
        return self._held

    @property
    def idle(self) -> bool:
        """Say whether no agent is open, and no end held back."""
        return not self._open and self._held is None

    def replay(self, events: Iterable[Event]) -> None:
        """Learn from stored events what another replica has left open; the status stays."""
        status = self.status
        for event in events:
            self._note(EventDraft(type=event.type, agent=event.agent, data=event.data))
        self.status = status

    def accept(self, draft: EventDraft) -> list[EventDraft]:
        """Return what is to be told: the draft, after whatever had to be closed before it.

        Raises ExecutorError for a draft that has no place here.
        """
        if self._held is not None:
            return self._accept_after_end(draft)
        if draft.type is EventType.AGENT_STARTED:
            self._check_start(draft)
            self._note(draft)
            return [draft]
        agent = self._agent_of(draft)
        if draft.type in _CLOSING:
            return self._accept_end(agent, draft)
        self._check_tool(agent, draft)
        self._note(draft)
        return [draft]

    def settle(self) -> tuple[EventDraft, RunStatus]:
        """Return the supervisor's end as the run's last event, and what becomes of the run."""
        if self._held is None:
            raise ExecutorError("The executor stopped before its supervisor completed or failed.")
        completed = self._held.type is EventType.AGENT_COMPLETED
        return self._held, RunStatus.COMPLETED if completed else RunStatus.FAILED

    @property
    def ending(self) -> bool:
        """Say whether the end has come for good: the supervisor does not announce another start."""
        held = self._held
        return held is not None and (
            held.type is EventType.AGENT_COMPLETED or not held.data.get("recovered_by")
        )

    def close(self, error: str, detail: str, *, recovered_by: str | None = None) -> list[EventDraft]:
        """Close everything, children first: tools with an error, agents as failed."""
        held, self._held = self._held, None
        drafts: list[EventDraft] = []
        for agent in reversed(list(self._open.values())):
            drafts += self._end(agent, error, detail, recovered_by)
        if held is not None:
            told = {"error": error, "detail": detail, "recovered_by": recovered_by}
            drafts.append(EventDraft(type=held.type, agent=held.agent, data={**held.data, **told}))
        return drafts

    def _accept_after_end(self, draft: EventDraft) -> list[EventDraft]:
        held = self._held
        again = draft.type is EventType.AGENT_STARTED and draft.data.get("parent_run_id") is None
        if held is None or held.type is EventType.AGENT_COMPLETED or not again:
            raise ExecutorError(f"The supervisor has ended, but {draft.type} of {draft.agent!r} follows.")
        self._held = None
        self._check_start(draft)
        self._note(draft)
        return [held, draft]

    def _accept_end(self, agent: OpenAgent, draft: EventDraft) -> list[EventDraft]:
        """Close what the agent has left open, then the agent; hold the supervisor's end back."""
        drafts: list[EventDraft] = []
        for child in self._descendants(agent):
            drafts += self._end(child, "Abandoned", f"{agent.name} ended before it.", agent.name)
        drafts += _end_tools(agent, "Abandoned: the agent ended before the tool.")
        supervisor = agent.agent_run_id == self._supervisor
        self._note(draft)
        if supervisor:
            self._held = draft
            return drafts
        return [*drafts, draft]

    def _descendants(self, agent: OpenAgent) -> list[OpenAgent]:
        """Return the open agents below this one, the deepest first."""
        below = {agent.agent_run_id}
        found = []
        for other in self._open.values():
            if other.parent_run_id in below:
                below.add(other.agent_run_id)
                found.append(other)
        return found[::-1]

    def _end(self, agent: OpenAgent, error: str, detail: str, recovered_by: str | None) -> list[EventDraft]:
        tools = _end_tools(agent, f"{error}: {detail}")
        failed = agent.draft(EventType.AGENT_FAILED, error=error, detail=detail, recovered_by=recovered_by)
        del self._open[agent.agent_run_id]
        return [*tools, failed]

    def _note(self, draft: EventDraft) -> None:
        """Take over what the draft changes."""
        data = draft.data
        agent_run_id = data["agent_run_id"]
        agent = self._open.get(agent_run_id)
        if draft.type is EventType.AGENT_STARTED:
            parent = data.get("parent_run_id")
            self._open[agent_run_id] = OpenAgent(draft.agent, agent_run_id, parent)
            if parent is None:
                self._supervisor, self._delegated = agent_run_id, False
            else:
                self._delegated = True
        elif draft.type in _CLOSING:
            self._open.pop(agent_run_id, None)
        elif agent and draft.type is EventType.TOOL_EXECUTING:
            agent.tools[data["tool_call_id"]] = data["tool"]
        elif agent and draft.type is EventType.TOOL_COMPLETED:
            agent.tools.pop(data["tool_call_id"], None)
        self._advance(draft)

    def _advance(self, draft: EventDraft) -> None:
        """Move the status as far as the draft shows that work has come."""
        of_supervisor = draft.data["agent_run_id"] == self._supervisor
        if draft.type is EventType.AGENT_STARTED:
            self.status = advance(
                self.status, RunStatus.RUNNING if of_supervisor else RunStatus.WAITING_FOR_AGENTS
            )
        elif draft.type is EventType.AGENT_THINKING and of_supervisor and len(self._open) == 1:
            answering = "delta" in draft.data and self._delegated
            self.status = advance(
                self.status, RunStatus.AGGREGATING_RESULTS if answering else RunStatus.COORDINATING
            )

    def _check_start(self, draft: EventDraft) -> None:
        agent_run_id = draft.data.get("agent_run_id")
        parent = draft.data.get("parent_run_id")
        if not isinstance(agent_run_id, str) or not agent_run_id or agent_run_id in self._open:
            raise ExecutorError(
                f"agent_started of {draft.agent!r} has agent_run_id {agent_run_id!r}; it must be new text."
            )
        if parent is None and self._open:
            raise ExecutorError(f"A second supervisor {draft.agent!r} started while the first one was open.")
        if parent is not None and parent not in self._open:
            raise ExecutorError(f"{draft.agent!r} started under {parent!r}, which is no open agent.")

    def _agent_of(self, draft: EventDraft) -> OpenAgent:
        agent_run_id = draft.data.get("agent_run_id")
        agent = self._open.get(agent_run_id) if isinstance(agent_run_id, str) else None
        if agent is None or draft.type is EventType.APPROVAL_REQUESTED:
            raise ExecutorError(
                f"{draft.type} of {draft.agent!r} has agent_run_id {agent_run_id!r}; "
                f"open are {', '.join(map(repr, self._open)) or 'none'}."
            )
        return agent

    def _check_tool(self, agent: OpenAgent, draft: EventDraft) -> None:
        if draft.type is EventType.AGENT_THINKING:
            return
        call = draft.data.get("tool_call_id")
        named = isinstance(call, str) and isinstance(draft.data.get("tool"), str)
        if not named or (call in agent.tools) != (draft.type is EventType.TOOL_COMPLETED):
            raise ExecutorError(
                f"{draft.type} of {draft.agent!r} has tool_call_id {call!r}; "
                f"open calls are {', '.join(map(repr, agent.tools)) or 'none'}."
            )


def _end_tools(agent: OpenAgent, error: str) -> list[EventDraft]:
    drafts = [
        agent.draft(EventType.TOOL_COMPLETED, tool=tool, tool_call_id=call, error=error, seconds=0.0)
        for call, tool in agent.tools.items()
    ]
    agent.tools.clear()
    return drafts
