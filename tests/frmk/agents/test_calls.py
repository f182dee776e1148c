"""Each call of a model is told with its run and with the agent that asked."""

from typing import TYPE_CHECKING

from frmk.agents.executor import GraphExecutor
from frmk.checkpoint.factory import open_checkpointer
from frmk.errors import ModelError
from frmk.events import EventType
from frmk.goal import Goal
from frmk.goal.models import Pattern, Routing
from frmk.llm.chain import ModelChain
from frmk.llm.model import Request
from frmk.testing import ScriptedModel, drafts_of

if TYPE_CHECKING:
    from frmk.llm.calls import ModelCall

WEATHER = "What is the weather like in Rome?"


async def test_calls_name_the_agents_that_asked_also_after_a_change_of_model(goal: Goal) -> None:
    made: list[tuple[str, ModelCall]] = []
    agents = [agent.model_copy(update={"calls": []}) for agent in goal.agents]
    routing = Routing(pattern=Pattern.PARALLEL, decide="model_first", rules=goal.routing.rules)
    changed = goal.model_copy(update={"agents": agents, "routing": routing})
    changed._folder = goal.folder
    climate = Request(name="climate", arguments={"city": "Rome", "month": "June"})
    route = Request(name="route", arguments={"agents": ["destination_expert"]})
    models = ModelChain(
        [ScriptedModel([[route], [climate], ModelError("down")], name="first"), ScriptedModel(name="second")]
    )

    async with open_checkpointer("memory") as checkpointer:
        executor = GraphExecutor(
            {goal.name: changed}, models, checkpointer, call_made=lambda run, call: made.append((run, call))
        )
        drafts = await drafts_of(executor, WEATHER)

    started = [
        (draft.agent, draft.data["agent_run_id"]) for draft in drafts if draft.type is EventType.AGENT_STARTED
    ]
    (boss, before), (expert, asked), (again, after) = started
    assert (boss, expert, again) == ("supervisor", "destination_expert", "supervisor")
    assert [(call.agent_run_id, call.model, call.error) for _, call in made] == [
        (before, "first", None),
        (asked, "first", None),
        (before, "first", "ModelError"),
        (after, "second", None),
    ]
    assert len({run for run, _ in made}) == 1
