"""The rules that the events of a run keep."""

from copy import deepcopy
from typing import Any

import pytest

from infra.verify.trace import ToolCall, faults, missing_kinds, order, sub_agents, tool_calls

HASH = "0" * 64


def event(seq: int, kind: str, agent: str, **data: Any) -> dict[str, Any]:
    moment = f"2026-01-01T00:00:{seq:02}Z"
    body = {"type": kind, "run_id": "r", "thread_id": "t", "seq": seq, "time": moment, "agent": agent}
    return {**body, "data": data}


def a_run() -> list[dict[str, Any]]:
    boss = {"agent_run_id": "1", "parent_run_id": None}
    worker = {"agent_run_id": "2", "parent_run_id": "1"}
    call = {**worker, "tool": "weather", "tool_call_id": "c"}
    return [
        event(1, "agent_started", "boss", **boss, parent=None, context_hash=HASH),
        event(2, "agent_thinking", "boss", **boss, text="who knows the weather"),
        event(3, "agent_started", "worker", **worker, parent="boss", context_hash=HASH),
        event(4, "tool_executing", "worker", **call, input={"city": "Oslo"}),
        event(5, "tool_completed", "worker", **call, output="4 C", seconds=0.1),
        event(6, "agent_completed", "worker", **worker, message="cold", context_hash=HASH),
        event(7, "agent_thinking", "boss", **boss, delta="It is "),
        event(8, "agent_thinking", "boss", **boss, delta="cold"),
        {
            **event(9, "agent_completed", "boss", **boss, message="It is cold", context_hash=HASH),
            "final": True,
        },
    ]


def test_a_good_run_has_no_faults() -> None:
    assert faults(a_run()) == []
    assert missing_kinds(a_run()) == []


def test_agents_and_tool_calls_are_read_from_the_events() -> None:
    assert sub_agents(a_run()) == ["worker"]
    assert tool_calls(a_run()) == [
        ToolCall(tool="weather", input={"city": "Oslo"}, output="4 C", error=None, seconds=0.1)
    ]


def test_the_order_folds_pieces_of_text() -> None:
    assert order(a_run())[-2:] == ["boss: agent_thinking x2", "boss: agent_completed"]


def broken(number: int, **changes: Any) -> list[dict[str, Any]]:
    run = deepcopy(a_run())
    target = run[number - 1]
    data = changes.pop("data", {})
    target.update(changes)
    target["data"].update(data)
    return run


@pytest.mark.parametrize(
    ("run", "fault"),
    [
        ([], "no events"),
        (a_run()[:4] + a_run()[5:], "carries seq 6"),
        (broken(5, run_id="other"), "several values of run_id"),
        (broken(5, time="2026-01-01T00:00:01Z"), "times go back"),
        (broken(5, time="yesterday"), "not RFC 3339"),
        (broken(5, time="2026-01-01T00:00:05"), "not RFC 3339"),
        (broken(1, type="agent_thinking"), "the first event is agent_thinking"),
        (broken(9, final=False), "not marked final"),
        (broken(4, final=True), "before the last one is marked final"),
        (broken(9, agent="worker"), "the last event is agent_completed of worker"),
        (broken(3, data={"parent_run_id": "7"}), "parent that is not open"),
        (broken(6, type="agent_thinking"), "never ended"),
        (broken(6, data={"agent_run_id": "9"}), "ends without a start"),
        (broken(3, data={"context_hash": "abc"}), "no context_hash"),
        (broken(5, data={"tool_call_id": "d"}), "belongs to no tool_executing"),
        (broken(5, type="agent_thinking"), "weather at seq 4 never completed"),
    ],
)
def test_each_fault_is_named(run: list[dict[str, Any]], fault: str) -> None:
    assert any(fault in sentence for sentence in faults(run))


def test_a_child_that_outlives_its_parent_is_a_fault() -> None:
    run = a_run()
    run[5], run[8] = (
        {**run[8], "seq": 6, "time": run[5]["time"]},
        {**run[5], "seq": 9, "time": run[8]["time"]},
    )

    assert "boss at seq 6 ends before its sub-agents" in faults(run)


def test_a_kind_that_never_happened_is_named() -> None:
    run = [one for one in a_run() if not one["type"].startswith("tool")]

    assert missing_kinds(run) == ["tool_executing", "tool_completed"]
