"""What clients rely on in a run's events, as a check for tests of executors and stores."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from frmk.events import Event, EventType

_ENDS = (EventType.AGENT_COMPLETED, EventType.AGENT_FAILED)


@dataclass
class _Reading:
    broken: list[str] = field(default_factory=list)
    parents: dict[str, str | None] = field(default_factory=dict)
    tools: set[tuple[str, str]] = field(default_factory=set)


def broken_rules(events: Sequence[Event], *, over: bool = True) -> list[str]:
    """Return a sentence for each rule that a run's events break; `over` says that the run has ended."""
    reading = _Reading()
    for place, event in enumerate(events, 1):
        if event.seq != place:
            reading.broken.append(f"event {place} has number {event.seq}")
        _read(reading, event)
    times = [event.time for event in events]
    if times != sorted(times):
        reading.broken.append("time goes back")
    _check_finals(reading, events, over=over)
    return reading.broken


def _read(reading: _Reading, event: Event) -> None:
    agent = str(event.data.get("agent_run_id"))
    where = f"event {event.seq}, {event.type} of {event.agent!r}"
    if event.type is EventType.AGENT_STARTED:
        parent = event.data.get("parent_run_id")
        if agent in reading.parents or (parent is None and reading.parents):
            reading.broken.append(f"{where}: started twice")
        if parent is not None and parent not in reading.parents:
            reading.broken.append(f"{where}: its parent is not open")
        reading.parents[agent] = parent
    elif agent not in reading.parents:
        reading.broken.append(f"{where}: the agent is not open")
    elif event.type in _ENDS:
        _read_end(reading, agent, where)
    else:
        _read_tool(reading, event, agent, where)


def _read_end(reading: _Reading, agent: str, where: str) -> None:
    if agent in reading.parents.values():
        reading.broken.append(f"{where}: a child is open")
    if any(owner == agent for owner, _ in reading.tools):
        reading.broken.append(f"{where}: a tool is open")
    del reading.parents[agent]


def _read_tool(reading: _Reading, event: Event, agent: str, where: str) -> None:
    call = (agent, str(event.data.get("tool_call_id")))
    if event.type is EventType.TOOL_EXECUTING:
        if call in reading.tools:
            reading.broken.append(f"{where}: called twice")
        reading.tools.add(call)
    elif event.type is EventType.TOOL_COMPLETED:
        if call not in reading.tools:
            reading.broken.append(f"{where}: never called")
        if ("output" in event.data) == ("error" in event.data):
            reading.broken.append(f"{where}: needs either output or error")
        reading.tools.discard(call)


def _check_finals(reading: _Reading, events: Sequence[Event], *, over: bool) -> None:
    finals = [event.seq for event in events if event.final]
    if finals != ([len(events)] if over else []):
        reading.broken.append(f"final are {finals} of {len(events)}")
    if over and reading.parents:
        reading.broken.append(f"open at the end: {', '.join(reading.parents)}")
    if over and (not events or events[-1].type not in _ENDS or events[-1].data.get("parent_run_id")):
        reading.broken.append("the last event is not the supervisor's end")
