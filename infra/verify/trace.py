"""The rules that the events of one finished run keep, whatever the goal."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

WireEvent = dict[str, Any]

LIVE_KINDS = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")
_OPENING = {"agent_started"}
_HASHED = {"agent_started", "agent_completed"}
_CLOSING = {"agent_completed", "agent_failed"}
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """Pair what a tool was given with what it said."""

    tool: str
    input: Any
    output: Any
    error: str | None
    seconds: float | None


def faults(events: list[WireEvent]) -> list[str]:
    """Return every way in which the events break the contract, as sentences; none when they keep it."""
    if not events:
        return ["the run has no events"]
    return [*_numbers(events), *_belonging(events), *_ends(events), *_nesting(events), *_tools(events)]


def missing_kinds(events: list[WireEvent]) -> list[str]:
    """Return the kinds of the five live events that did not happen."""
    seen = {event.get("type") for event in events}
    return [kind for kind in LIVE_KINDS if kind not in seen]


def order(events: list[WireEvent]) -> list[str]:
    """Return the events' kinds in order, with runs of the same kind and agent folded into one line."""
    lines: list[str] = []
    for event in events:
        line = f"{event.get('agent')}: {event.get('type')}"
        if not lines or lines[-1].split(" x")[0] != line:
            lines.append(line)
        else:
            count = int(lines[-1].partition(" x")[2] or 1)
            lines[-1] = f"{line} x{count + 1}"
    return lines


def sub_agents(events: list[WireEvent]) -> list[str]:
    """Return the agents that worked for another one and completed, in order of their end."""
    nested = {_data(event).get("agent_run_id") for event in events if _data(event).get("parent_run_id")}
    done = (event for event in events if event.get("type") == "agent_completed")
    names = (str(event.get("agent")) for event in done if _data(event).get("agent_run_id") in nested)
    return list(dict.fromkeys(names))


def tool_calls(events: list[WireEvent]) -> list[ToolCall]:
    """Return every tool call that was opened and closed, in order of its end."""
    opened = {_data(event).get("tool_call_id"): _data(event) for event in _of(events, "tool_executing")}
    calls: list[ToolCall] = []
    for closing in map(_data, _of(events, "tool_completed")):
        given = opened.get(closing.get("tool_call_id"))
        if given is not None:
            calls.append(
                ToolCall(
                    tool=str(closing.get("tool")),
                    input=given.get("input"),
                    output=closing.get("output"),
                    error=closing.get("error"),
                    seconds=closing.get("seconds"),
                )
            )
    return calls


def _data(event: WireEvent) -> dict[str, Any]:
    data = event.get("data")
    return data if isinstance(data, dict) else {}


def _of(events: list[WireEvent], kind: str) -> Iterator[WireEvent]:
    return (event for event in events if event.get("type") == kind)


def _numbers(events: list[WireEvent]) -> Iterator[str]:
    for expected, event in enumerate(events, start=1):
        if event.get("seq") != expected:
            yield f"event {expected} carries seq {event.get('seq')!r}: numbers start at 1 and have no holes"
            return


def _belonging(events: list[WireEvent]) -> Iterator[str]:
    for key in ("run_id", "thread_id"):
        seen = {event.get(key) for event in events}
        if len(seen) != 1 or None in seen:
            yield f"events of one run carry several values of {key}: {sorted(map(str, seen))}"
    times = [_moment(event.get("time")) for event in events]
    if None in times:
        yield "an event's time is not RFC 3339 with a zone"
        return
    known = [time for time in times if time is not None]
    if known != sorted(known):
        yield "times go back between events"


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _ends(events: list[WireEvent]) -> Iterator[str]:
    first, last = events[0], events[-1]
    if first.get("type") != "agent_started" or _data(first).get("parent_run_id") is not None:
        seen = f"{first.get('type')} of {first.get('agent')}"
        yield f"the first event is {seen}, not the supervisor's agent_started"
    if last.get("type") not in _CLOSING or last.get("agent") != first.get("agent"):
        yield f"the last event is {last.get('type')} of {last.get('agent')}, not the supervisor's end"
    if last.get("final") is not True:
        yield "the last event is not marked final"
    if any("final" in event for event in events[:-1]):
        yield "an event before the last one is marked final"


def _nesting(events: list[WireEvent]) -> Iterator[str]:
    open_agents: dict[Any, Any] = {}
    for event in events:
        data = _data(event)
        own, parent = data.get("agent_run_id"), data.get("parent_run_id")
        where = f"{event.get('agent')} at seq {event.get('seq')}"
        if event.get("type") in _OPENING | _CLOSING and own is None:
            yield f"{where} has no agent_run_id"
        elif event.get("type") in _OPENING:
            if parent is not None and parent not in open_agents:
                yield f"{where} starts under a parent that is not open"
            open_agents[own] = parent
        elif event.get("type") in _CLOSING:
            if open_agents.pop(own, _data) is _data:
                yield f"{where} ends without a start"
            if own in open_agents.values():
                yield f"{where} ends before its sub-agents"
        if event.get("type") in _HASHED and not _is_hash(data.get("context_hash")):
            yield f"{where} has no context_hash of 64 hex digits"
    if open_agents:
        yield f"{len(open_agents)} agents started and never ended"


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _tools(events: list[WireEvent]) -> Iterator[str]:
    open_calls: dict[Any, str] = {}
    for event in events:
        call = _data(event).get("tool_call_id")
        if event.get("type") == "tool_executing":
            open_calls[call] = f"{_data(event).get('tool')} at seq {event.get('seq')}"
        elif event.get("type") == "tool_completed" and open_calls.pop(call, None) is None:
            yield f"a tool_completed at seq {event.get('seq')} belongs to no tool_executing"
    yield from (f"{opened} never completed" for opened in open_calls.values())
