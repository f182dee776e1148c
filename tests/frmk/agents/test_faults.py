import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from frmk.errors import ModelError
from frmk.events import EventDraft, EventType
from frmk.goal import Goal
from frmk.goal.models import Limits, ModelSpec
from frmk.runs.executor import Turn
from frmk.testing import GARBAGE, ScriptedModel, answer_of, broken_tool, drafts_of, slow_tool

FAST = Limits(tool_attempts=1, agent_attempts=2, tool_timeout_seconds=5)


def swap(executor: Any, name: str, tool: Any) -> None:
    """Replace a tool of the only goal."""
    workshop = next(iter(executor._workshops.values()))
    workshop.tools[name] = tool


def tool_of(executor: Any, name: str) -> Any:
    return next(iter(executor._workshops.values())).tools[name]


def failures(drafts: list[EventDraft]) -> list[tuple[str, str | None]]:
    failed = [draft for draft in drafts if draft.type is EventType.AGENT_FAILED]
    return [(draft.agent, draft.data["recovered_by"]) for draft in failed]


async def test_agent_whose_tool_breaks_once_works_again(make: Any, goal: Goal) -> None:
    executor = make(limits=FAST)
    swap(executor, "trip_budget", broken_tool(tool_of(executor, "trip_budget"), failures=1))

    drafts = await drafts_of(executor, goal.examples.verified)

    assert failures(drafts) == [("budget_analyst", "budget_analyst")]
    assert answer_of(drafts)["completed"] is True


async def test_agent_that_stays_broken_leaves_the_rest_and_a_plain_note(make: Any, goal: Goal) -> None:
    executor = make(limits=FAST)
    swap(executor, "trip_budget", broken_tool(tool_of(executor, "trip_budget"), failures=9))

    drafts = await drafts_of(executor, goal.examples.verified)
    answer = answer_of(drafts)

    assert failures(drafts) == [("budget_analyst", "budget_analyst"), ("budget_analyst", None)]
    assert answer["completed"] is False
    assert "budget_analyst failed: The tool broke; the server's log says why." in answer["missing"][0]
    assert "Belém Tower" in answer["message"]


async def test_slow_agent_is_stopped_and_another_stands_in(make: Any, goal: Goal) -> None:
    agents = [
        agent.model_copy(update={"timeout_seconds": 0.05, "fallback": "destination_expert"})
        if agent.name == "budget_analyst"
        else agent
        for agent in goal.agents
    ]
    executor = make(agents=agents, limits=FAST)
    swap(executor, "trip_budget", slow_tool(tool_of(executor, "trip_budget"), seconds=5))

    drafts = await drafts_of(executor, goal.examples.verified)
    closing = [d.data["error"] for d in drafts if d.type is EventType.TOOL_COMPLETED and "error" in d.data]

    assert failures(drafts) == [("budget_analyst", "destination_expert")]
    assert closing == ["The agent ended before this tool did."]


async def test_defect_of_a_tool_ends_its_agent_and_no_other(make: Any, goal: Goal) -> None:
    executor = make(limits=FAST)
    swap(executor, "climate", replace(tool_of(executor, "climate"), tell=lambda out: str(out["no_such_key"])))

    answer = answer_of(await drafts_of(executor, goal.examples.verified))

    assert answer["completed"] is False
    assert "938 EUR" in answer["message"]


@pytest.mark.parametrize("text", GARBAGE)
async def test_model_that_writes_garbage_leaves_the_facts_and_is_named(
    make: Any, goal: Goal, text: str
) -> None:
    answer = answer_of(await drafts_of(make(ScriptedModel([text], name="weak")), goal.examples.verified))

    assert "938 EUR" in answer["message"]
    assert any("weak: it " in sentence for sentence in answer["missing"])


async def test_model_that_never_answers_leaves_the_facts_and_is_named(make: Any, goal: Goal) -> None:
    executor = make(ScriptedModel(name="slow", delay_seconds=9), model=ModelSpec(timeout_seconds=0.05))

    answer = answer_of(await drafts_of(executor, goal.examples.verified))

    assert "938 EUR" in answer["message"]
    assert "slow: no answer within 0.05 s" in answer["missing"][0]
    assert answer["usage"]["model"] == "none"


async def test_second_model_takes_over_in_a_new_run_of_the_supervisor(make: Any, goal: Goal) -> None:
    executor = make(
        ScriptedModel([ModelError("first: down")], name="first"),
        ScriptedModel(["A fine trip awaits you."], name="second"),
    )

    drafts = await drafts_of(executor, goal.examples.verified)
    answer = answer_of(drafts)

    assert failures(drafts) == [("supervisor", "second")]
    assert answer["message"].startswith("A fine trip awaits you.")
    assert answer["usage"]["model"] == "second"
    assert answer["completed"] is True


async def test_figures_and_names_that_no_tool_gave_are_left_out(make: Any, goal: Goal) -> None:
    invented = "Lisbon costs only 12345 EUR. Do not miss the Eiffel Tower there. It takes ninety days."
    claimed = "Go in June. The sun is hot."
    prose = f"{invented} {claimed} Enjoy the trams."

    answer = answer_of(await drafts_of(make(ScriptedModel([prose])), goal.examples.verified))

    assert answer["message"].startswith("Enjoy the trams.\n\n")
    assert "12345" not in answer["message"]
    assert answer["context"]["prose"] == {"model": "scripted", "kept": 1, "dropped": 5}


async def test_cancelling_stops_the_work(make: Any, goal: Goal) -> None:
    executor = make()
    started, stopped = asyncio.Event(), asyncio.Event()
    tool = tool_of(executor, "plan_days")

    async def hang(_: Any) -> Any:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    swap(executor, "plan_days", replace(tool, run=hang))
    task = asyncio.create_task(drafts_of(executor, goal.examples.verified))
    await started.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(stopped.wait(), 30)


async def test_interrupted_turn_goes_on_without_running_finished_agents_again(make: Any, goal: Goal) -> None:
    turn = Turn(
        run_id=uuid4().hex,
        user="u",
        thread_id="t",
        message=goal.examples.verified,
        context={},
        goal=goal.name,
        attempt=1,
    )
    first = make(ScriptedModel(delay_seconds=60))
    async with aclosing(first.execute(turn)) as drafts:
        async for draft in drafts:
            if draft.data.get("text", "").startswith("I will put together"):
                break

    again = [draft async for draft in make().execute(replace(turn, attempt=2))]

    assert again[0].type is EventType.AGENT_STARTED
    assert {draft.agent for draft in again} == {"supervisor"}
    assert "938 EUR" in answer_of(again)["message"]


async def test_turn_that_was_finished_before_the_crash_answers_the_same(make: Any, goal: Goal) -> None:
    turn = Turn(
        run_id=uuid4().hex,
        user="u",
        thread_id="t",
        message=goal.examples.verified,
        context={},
        goal=goal.name,
        attempt=1,
    )
    before = [draft async for draft in make().execute(turn)]
    after = [draft async for draft in make().execute(replace(turn, attempt=2))]

    assert answer_of(after)["message"] == answer_of(before)["message"]
    assert len(after) < len(before)
