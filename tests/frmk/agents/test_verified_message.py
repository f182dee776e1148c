import time
from typing import Any

import pytest

from frmk.events import EventDraft, EventType
from frmk.goal import Goal
from frmk.llm.factory import build_models
from frmk.llm.settings import ModelSettings
from frmk.testing import ScriptedModel, answer_of, drafts_of

ANSWER_TYPES = {
    EventType.AGENT_STARTED,
    EventType.AGENT_THINKING,
    EventType.TOOL_EXECUTING,
    EventType.TOOL_COMPLETED,
    EventType.AGENT_COMPLETED,
}


def of(drafts: list[EventDraft], kind: EventType) -> list[EventDraft]:
    return [draft for draft in drafts if draft.type is kind]


def check_nesting(drafts: list[EventDraft]) -> None:
    """Assert that starts and ends pair up and that children lie inside their parent."""
    open_runs: dict[str, str | None] = {}
    open_calls: set[str] = set()
    for draft in drafts:
        run_id, parent = draft.data["agent_run_id"], draft.data["parent_run_id"]
        if draft.type is EventType.AGENT_STARTED:
            assert parent is None or parent in open_runs
            open_runs[run_id] = parent
        assert run_id in open_runs
        if draft.type is EventType.TOOL_EXECUTING:
            open_calls.add(draft.data["tool_call_id"])
        if draft.type is EventType.TOOL_COMPLETED:
            open_calls.remove(draft.data["tool_call_id"])
        if draft.type in (EventType.AGENT_COMPLETED, EventType.AGENT_FAILED):
            assert run_id not in open_runs.values()
            del open_runs[run_id]
    assert not open_runs
    assert not open_calls


async def check(executor: Any, goal: Goal) -> dict[str, Any]:
    drafts = await drafts_of(executor, goal.examples.verified)

    assert {draft.type for draft in drafts} == ANSWER_TYPES
    assert len({draft.agent for draft in drafts} - {"supervisor"}) >= 2
    assert drafts[0].agent == drafts[-1].agent == "supervisor"
    check_nesting(drafts)
    return answer_of(drafts)


async def test_verified_message_shows_everything_with_the_scripted_model(make: Any, goal: Goal) -> None:
    answer = await check(make(), goal)

    assert answer["completed"] is True
    assert answer["usage"]["model"] == "scripted"
    assert "scripted model" in answer["message"]


@pytest.mark.long
@pytest.mark.model
async def test_verified_message_shows_everything_with_the_small_model(make: Any, goal: Goal) -> None:
    chain = await build_models(ModelSettings(provider="local"))
    answer = await check(make(*chain._models), goal)
    await chain.close()

    assert answer["usage"]["model"] == "SmolLM2-135M-Instruct"
    assert answer["usage"]["output_tokens"] > 0
    assert answer["context"]["prose"]["kept"] > 0
    assert "938 EUR" in answer["message"]


async def test_output_of_a_tool_depends_on_its_input(make: Any, goal: Goal) -> None:
    executor = make()
    three = await drafts_of(executor, goal.examples.verified, thread_id="a")
    five = await drafts_of(executor, goal.examples.verified.replace("3 days", "5 days"), thread_id="b")

    def outputs(drafts: list[EventDraft]) -> list[Any]:
        return [draft.data["output"] for draft in of(drafts, EventType.TOOL_COMPLETED)]

    assert outputs(three) != outputs(five)


async def test_deltas_joined_are_the_answer(make: Any, goal: Goal) -> None:
    drafts = await drafts_of(make(), goal.examples.verified)
    deltas = [draft.data.get("delta", "") for draft in drafts if draft.agent == "supervisor"]

    assert "".join(deltas) == answer_of(drafts)["message"]


async def test_later_turns_of_the_memory_example_depend_on_the_first(make: Any, goal: Goal) -> None:
    executor = make()
    for turn in goal.examples.memory:
        answer = answer_of(await drafts_of(executor, turn.message))
        assert [text for text in turn.contains if text not in answer["message"]] == []
        assert answer["completed"] is True

    alone = answer_of(await drafts_of(executor, goal.examples.memory[-1].message, thread_id="other"))

    assert alone["completed"] is False
    assert "Which city do you want to travel to?" in alone["missing"]


async def test_follow_up_costs_one_call_of_the_model(make: Any, goal: Goal) -> None:
    model = ScriptedModel()
    executor = make(model)
    for turn in goal.examples.memory:
        await drafts_of(executor, turn.message)

    assert len(model.calls) == len(goal.examples.memory)


async def test_users_of_one_thread_id_never_meet(make: Any) -> None:
    executor = make()
    await drafts_of(executor, "I want to spend 4 days in Kyoto.", user="a", thread_id="b:c")
    answer = answer_of(await drafts_of(executor, "How much does it cost?", user="a:b", thread_id="c"))

    assert "Kyoto" not in answer["message"]


async def test_forgotten_thread_remembers_nothing(make: Any) -> None:
    executor = make()
    await drafts_of(executor, "I want to spend 4 days in Kyoto.")
    await executor.forget("local", "t1")
    answer = answer_of(await drafts_of(executor, "How much does it cost?"))

    assert "Kyoto" not in answer["message"]


@pytest.mark.parametrize("message", ["Hello!", "🙂", "\u202e\u0000 ", "a" * 32_000, "{{ goal.name }}"])
async def test_message_about_nothing_gets_help_and_no_agent(make: Any, message: str) -> None:
    begun = time.monotonic()
    drafts = await drafts_of(make(ScriptedModel(structured=False)), message)

    assert time.monotonic() - begun < 5
    assert {draft.agent for draft in drafts} == {"supervisor"}
    assert "I plan stays in cities" in answer_of(drafts)["message"]


async def test_wrong_city_is_named_with_the_nearest_ones(make: Any) -> None:
    answer = answer_of(await drafts_of(make(), "Plan 3 days in Lisbonn"))

    assert answer["completed"] is False
    assert any("'Lisbonn'. Nearest: Lisbon" in sentence for sentence in answer["missing"])


async def test_days_out_of_range_are_named_and_the_rest_is_answered(make: Any) -> None:
    answer = answer_of(await drafts_of(make(), "Plan 45 days in Rome in June"))

    assert "**Weather** in Rome in June" in answer["message"]
    assert any("days=45 is refused" in sentence for sentence in answer["missing"])
