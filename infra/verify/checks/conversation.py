"""Answers: in the promised order, by agents, tools and a model, with a memory."""

import time
from collections.abc import Sequence
from typing import Any

from infra.verify import trace
from infra.verify.client import AppClient
from infra.verify.ledger import Outcome
from infra.verify.report import CheckFailedError
from infra.verify.suite import MemoryTurn, Question
from infra.verify.visit import Turn, Visit

SHORT = 100


async def ask(person: AppClient, text: str, thread: str, goal: str | None) -> Turn:
    """Send one message and read back the events of its run."""
    started = time.perf_counter()
    body = await person.message(text, thread, goal)
    seconds = round(time.perf_counter() - started, 3)
    if not str(body["message"]).strip():
        raise CheckFailedError("the answer is empty", run_id=body["run_id"])
    return Turn(
        message=text,
        answer=str(body["message"]),
        run_id=str(body["run_id"]),
        thread_id=str(body["thread_id"]),
        completed=bool(body["completed"]),
        context=body["context"],
        events=await person.events(str(body["run_id"])),
        seconds=seconds,
    )


async def message(visit: Visit) -> Outcome[Turn]:
    """Expect a complete answer to the goal's own example."""
    turn = await ask(visit.first, visit.suite.verified, visit.shared_thread, visit.suite.goal)
    evidence = {**_summary(turn), "thread_id": turn.thread_id}
    if turn.thread_id != visit.shared_thread:
        raise CheckFailedError(
            f"asked in thread {visit.shared_thread}, answered in {turn.thread_id}", **evidence
        )
    if not turn.completed:
        raise CheckFailedError(f"the answer is marked incomplete: {turn.context}", **evidence)
    return Outcome(
        value=turn, detail=f"answered in {turn.seconds:.1f} s: {_short(turn.answer)}", evidence=evidence
    )


async def events(turn: Turn) -> Outcome[None]:
    """Expect all five live events, numbered, nested and ended as the contract says."""
    found = trace.faults(turn.events)
    missing = trace.missing_kinds(turn.events)
    if missing:
        found.append(f"these kinds never happened: {', '.join(missing)}")
    evidence = {"run_id": turn.run_id, "count": len(turn.events), "order": trace.order(turn.events)}
    if found:
        raise CheckFailedError("; ".join(found), **evidence)
    return Outcome(
        value=None, detail=f"{len(turn.events)} events in order, all five kinds", evidence=evidence
    )


async def replay(visit: Visit, turn: Turn) -> Outcome[None]:
    """Expect the same events again from the middle on, and none after the end."""
    middle = len(turn.events) // 2
    again = await visit.first.events(turn.run_id, after=middle)
    if again != turn.events[middle:]:
        raise CheckFailedError(f"a replay after {middle} gave {len(again)} other events", run_id=turn.run_id)
    path = f"/api/v1/runs/{turn.run_id}/events?after={len(turn.events)}"
    await visit.first.ask("GET", path, expect=(204,))
    return Outcome(
        value=None,
        detail=f"resumed after {middle}: the same {len(again)} events; nothing after the last",
        evidence={"run_id": turn.run_id, "after": middle, "events": len(again)},
    )


async def agents(visit: Visit, turn: Turn) -> Outcome[None]:
    """Expect enough sub-agents to have worked, all of them on the roster."""
    worked = trace.sub_agents(turn.events)
    roster = (await visit.first.ask("GET", "/api/v1/agents", expect=(200,))).json()["agents"]
    known = {agent["name"] for agent in roster}
    evidence = {"worked": worked, "roster": sorted(known)}
    if len(worked) < visit.suite.min_sub_agents:
        raise CheckFailedError(
            f"{len(worked)} sub-agents completed, expected at least {visit.suite.min_sub_agents}", **evidence
        )
    if not known.issuperset(worked):
        raise CheckFailedError("an agent that worked is not on the roster", **evidence)
    return Outcome(value=None, detail=f"{len(worked)} sub-agents: {', '.join(worked)}", evidence=evidence)


async def tools(turns: list[Turn]) -> Outcome[None]:
    """Expect a tool that gave different outputs for different inputs."""
    calls = [call for turn in turns for call in trace.tool_calls(turn.events) if call.error is None]
    seen = [{"tool": call.tool, "input": call.input, "output": call.output} for call in calls]
    for index, one in enumerate(calls):
        for other in calls[index + 1 :]:
            if one.tool == other.tool and one.input != other.input and one.output != other.output:
                pair = [seen[index], seen[calls.index(other)]]
                return Outcome(
                    value=None,
                    detail=f"{one.tool}: other outputs for other inputs ({len(calls)} calls seen)",
                    evidence={"calls": pair},
                )
    raise CheckFailedError("no tool gave two outputs for two inputs", calls=seen[:6])


async def model(visit: Visit, turn: Turn) -> Outcome[str]:
    """Expect the run to name a language model that used tokens."""
    run = (await visit.first.ask("GET", f"/api/v1/runs/{turn.run_id}", expect=(200,))).json()
    usage: dict[str, Any] = run["usage"]
    name = usage["model"]
    evidence = {"run_id": turn.run_id, "usage": usage, "status": run["status"]}
    if not name:
        raise CheckFailedError("the run names no model", **evidence)
    if "scripted" in str(name).lower() and not visit.allow_scripted:
        raise CheckFailedError(f"the answer came from {name!r}, which is no language model", **evidence)
    if usage["total_tokens"] <= 0 and not visit.allow_scripted:
        raise CheckFailedError(f"the model {name} used no tokens", **evidence)
    return Outcome(value=str(name), detail=f"{name}, {usage['total_tokens']} tokens", evidence=evidence)


async def memory(visit: Visit, conversation: Sequence[MemoryTurn], turns: list[Turn]) -> Outcome[None]:
    """Expect each answer to hold what its turn says, and the thread to hold every turn in order.

    What was answered is added to `turns`, also when the memory fails later.
    """
    for asked in conversation:
        turn = await ask(visit.first, asked.message, visit.memory_thread, visit.suite.goal)
        turns.append(turn)
        forgotten = [text for text in asked.contains if text.casefold() not in turn.answer.casefold()]
        if forgotten:
            raise CheckFailedError(
                f"answer {len(turns)} does not hold {forgotten}: {_short(turn.answer)}",
                thread_id=visit.memory_thread,
                turns=[_summary(turn) for turn in turns],
            )
    evidence = {"thread_id": visit.memory_thread, "turns": [_summary(turn) for turn in turns]}
    stored = (await visit.first.ask("GET", f"/api/v1/threads/{visit.memory_thread}", expect=(200,))).json()
    said = [entry["content"] for entry in stored["messages"] if entry["role"] == "user"]
    if said != [turn.message for turn in turns]:
        raise CheckFailedError(f"the thread holds the user messages {said}", **evidence)
    store = await _store(visit)
    known = ", ".join(conversation[-1].contains)
    detail = f"turn {len(turns)} still knew {known} (kept in {store}): {_short(turns[-1].answer)}"
    return Outcome(value=None, detail=detail, evidence={**evidence, "store": store})


async def _store(visit: Visit) -> str:
    """Return what the app says holds its state; an app that does not say is taken at that."""
    ready = (await visit.nobody.ask("GET", "/health/ready", expect=(200, 503))).json()
    said = (ready.get("checks") or {}).get("store") or {}
    return str(said.get("detail") or "a store that it does not name")


async def question(visit: Visit, asked: Question, turns: list[Turn]) -> Outcome[None]:
    """Expect of a user's own question what its suite says; its answer is added to `turns`."""
    thread = f"{visit.question_thread}-{asked.name}"
    turn = await ask(visit.first, asked.message, thread, visit.suite.goal)
    turns.append(turn)
    used = {call.tool for call in trace.tool_calls(turn.events)}
    worked = {str(event.get("agent")) for event in turn.events}
    missing = [
        *(f"the text {text!r}" for text in asked.contains if text.casefold() not in turn.answer.casefold()),
        *(f"the tool {tool}" for tool in asked.tools if tool not in used),
        *(f"the agent {agent}" for agent in asked.agents if agent not in worked),
    ]
    if missing:
        raise CheckFailedError(f"without {', '.join(missing)}: {_short(turn.answer)}", **_summary(turn))
    return Outcome(value=None, detail=_short(turn.answer), evidence=_summary(turn))


def _summary(turn: Turn) -> dict[str, Any]:
    return {"run_id": turn.run_id, "message": turn.message, "answer": turn.answer, "seconds": turn.seconds}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 3]}..."
