from typing import Any

import pytest

from frmk.agents.routing import stages
from frmk.agents.slots import SlotReader
from frmk.events import EventType
from frmk.goal import Goal
from frmk.goal.models import Pattern, Routing
from frmk.llm.model import Request
from frmk.testing import ScriptedModel, answer_of, drafts_of

AB = ["a", "b"]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("3 days in Lisbon, May, two people",
         {"destination": "Lisbon", "days": 3, "month": "May", "travellers": 2}),
        ("from Lisbon to Porto", {"origin": "Lisbon", "destination": "Porto"}),
        ("a weekend in são paulo", {"days": 2}),
        ("a week in Köln in June", {"days": 7, "destination": "Köln", "month": "June"}),
        ("May I ask you something?", {}),
        ("with my wife to new york city, luxury",
         {"travellers": 2, "destination": "New York", "style": "luxury"}),
        ("in June", {"month": "June"}),
        ("999999999999999999 days", {}),
        ("ROMA for ten days", {"destination": "Rome", "days": 10}),
    ],
)  # fmt: skip
def test_slots_are_read_from_messages(goal: Goal, message: str, expected: dict[str, Any]) -> None:
    assert SlotReader(goal).read(message) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (Pattern.PARALLEL, [["a", "b"]]),
        (Pattern.SEQUENTIAL, [["a"], ["b"]]),
        (Pattern.PRIORITY, [["a"], ["b"]]),
        (Pattern.BROADCAST, [["a", "b", "c"]]),
        (Pattern.ROUND_ROBIN, [["b"]]),
    ],
)
def test_pattern_arranges_agents_in_stages(pattern: Pattern, expected: list[list[str]]) -> None:
    assert stages(pattern, AB, ["a", "b", "c"], 3) == expected
    assert stages(pattern, [], ["a"], 3) == []


@pytest.mark.parametrize("pattern", list(Pattern))
async def test_every_pattern_carries_the_verified_message(make: Any, goal: Goal, pattern: Pattern) -> None:
    routing = goal.routing.model_copy(update={"pattern": pattern})
    drafts = await drafts_of(make(routing=routing), goal.examples.verified)
    agents = [d.agent for d in drafts if d.type is EventType.AGENT_COMPLETED and d.agent != "supervisor"]

    assert len(agents) == (1 if pattern in (Pattern.PRIORITY, Pattern.ROUND_ROBIN) else 3)
    assert answer_of(drafts)["message"]


async def test_sequential_agents_see_what_earlier_ones_found(make: Any, goal: Goal) -> None:
    parallel = await drafts_of(make(), goal.examples.verified, thread_id="a")
    routing = goal.routing.model_copy(update={"pattern": Pattern.SEQUENTIAL})
    sequential = await drafts_of(make(routing=routing), goal.examples.verified, thread_id="b")

    def ends(drafts: Any) -> list[Any]:
        return [
            (d.type, d.agent)
            for d in drafts
            if d.type in (EventType.AGENT_STARTED, EventType.AGENT_COMPLETED)
        ]

    assert ends(sequential)[1:5] == [
        (EventType.AGENT_STARTED, "destination_expert"),
        (EventType.AGENT_COMPLETED, "destination_expert"),
        (EventType.AGENT_STARTED, "itinerary_planner"),
        (EventType.AGENT_COMPLETED, "itinerary_planner"),
    ]
    assert ends(parallel)[1:3] != ends(sequential)[1:3]


async def test_message_that_no_rule_knows_is_routed_by_the_model(make: Any) -> None:
    choice = [
        Request(
            name="route", arguments={"agents": ["destination_expert"], "destination": "Rom", "month": "June"}
        )
    ]
    model = ScriptedModel([choice])
    first = make(model)
    await drafts_of(first, "I would love to go to Rome")
    choice[0].arguments["destination"] = "Rome"

    answer = answer_of(await drafts_of(make(ScriptedModel([choice])), "Surprise me", thread_id="t2"))

    assert "**Weather** in Rome in June" in answer["message"]


@pytest.mark.parametrize(
    "choice",
    [
        [Request(name="route", arguments={"agents": ["nobody"]})],
        [Request(name="route", arguments={"agents": "destination_expert"})],
        [Request(name="other", arguments={})],
        [],
    ],
)
async def test_unusable_choice_falls_back_to_the_rules_and_is_not_asked_again(
    make: Any, goal: Goal, choice: list[Request]
) -> None:
    routing = Routing(pattern=Pattern.PARALLEL, decide="model_first", rules=goal.routing.rules)
    model = ScriptedModel([choice], name="weak")
    executor = make(model, routing=routing)

    first = answer_of(await drafts_of(executor, goal.examples.verified))
    await drafts_of(executor, goal.examples.verified, thread_id="t2")

    assert "938 EUR" in first["message"]
    assert len(model.calls) == 3


async def test_agent_without_calls_gets_them_from_the_model(make: Any, goal: Goal) -> None:
    agents = [agent.model_copy(update={"calls": []}) for agent in goal.agents]
    call = [Request(name="climate", arguments={"city": "Oslo"})]
    good = [Request(name="climate", arguments={"city": "Rome", "month": "June"})]

    asked = make(ScriptedModel([good], name="able"), agents=agents)
    answer = answer_of(await drafts_of(asked, "What is the weather like in Rome?"))
    refused = answer_of(await drafts_of(make(ScriptedModel([call]), agents=agents), "weather", thread_id="b"))

    assert "**Weather** in Rome in June" in answer["message"]
    assert "There is no city 'Oslo'" in refused["missing"][0]
