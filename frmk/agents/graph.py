"""The graph: route, then stage after stage of sub-agents, then the answer."""

from typing import Any, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from frmk.agents.handover import Handover, seal, unseal
from frmk.agents.report import Report
from frmk.agents.routing import chosen_agents, route_function, stages, stops_early
from frmk.agents.slots import Slots
from frmk.agents.state import Scope, State
from frmk.agents.subagent import open_questions
from frmk.prompts.prompt import PromptMessage

Graph = CompiledStateGraph[State, Scope, State, State]
_SHOWN_HISTORY = 6


class Task(TypedDict):
    """Carry what one sub-agent is sent."""

    agent: str
    run_id: str
    body: str
    digest: str


def build_graph(checkpointer: BaseCheckpointSaver[Any] | None) -> Graph:
    """Compile the graph; the goal comes with each run's scope, so one graph serves all goals."""
    graph = StateGraph(State, context_schema=Scope)
    graph.add_node("route", _route)
    graph.add_node("stage", _stage)
    graph.add_node("work", _work, input_schema=Task)
    graph.add_node("answer", _answer)
    graph.add_edge(START, "route")
    graph.add_edge("route", "stage")
    graph.add_conditional_edges("stage", _dispatch, ["work", "answer"])
    graph.add_edge("work", "stage")
    graph.add_edge("answer", END)
    return graph.compile(checkpointer=checkpointer)


async def _route(state: State, runtime: Runtime[Scope]) -> dict[str, Any]:
    workshop = runtime.context.workshop
    turn = state["turn"]
    heard = workshop.slots.read(turn["message"])
    agents, told = await _choose(turn["message"], heard, state.get("slots", {}), runtime.context)
    slots = {**state.get("slots", {}), **told, **heard}
    full = workshop.slots.complete(slots)
    questions = {name: open_questions(workshop, workshop.goal.agent(name), full) for name in agents}
    ready = [name for name in agents if not questions[name]]
    everyone = [a.name for a in workshop.goal.agents if not open_questions(workshop, a, full)]
    plan = stages(workshop.goal.routing.pattern, ready, everyone, len(state["messages"]) // 2)
    if plan:
        runtime.context.supervisor.thinking(_intention(plan))
    asked = dict.fromkeys(question for found in questions.values() for question in found)
    return {
        "slots": slots,
        "stages": plan,
        "questions": list(asked),
        "reports": {"run_id": turn["run_id"], "by_agent": {}},
        "handovers": {},
        "answer": {},
    }


async def _choose(message: str, heard: Slots, known: Slots, scope: Scope) -> tuple[list[str], Slots]:
    goal = scope.workshop.goal
    by_rules = scope.workshop.rules.match(message, heard)
    if goal.routing.decide == "rules_only" or (by_rules and goal.routing.decide == "rules_first"):
        return by_rules, {}
    messages = [PromptMessage("user", f"Known so far: {known}. Message: {message}")]
    if goal.supervisor.routing_prompt is not None:
        prompt = scope.workshop.prompts[goal.supervisor.routing_prompt]
        messages = prompt.render(scope.workshop.configuration, {"message": message, "slots": known})
    function = route_function(goal)
    choice = await scope.session.choose(
        messages, [function], scope.workshop.sampling(factor=4), scope.supervisor
    )
    if choice is None:
        return by_rules, {}
    agents = chosen_agents(choice, goal)
    if agents is None:
        scope.session.refuse_choices("it chose agents that do not exist")
        return by_rules, {}
    told = scope.workshop.slots.accept(choice.requests[0].arguments)
    return agents or by_rules, told


def _intention(plan: list[list[str]]) -> str:
    steps = [" and ".join(name.replace("_", " ") for name in stage) for stage in plan]
    return f"I will ask the {', then the '.join(steps)}."


async def _stage(state: State, runtime: Runtime[Scope]) -> dict[str, Any]:
    """Seal what the agents of the next stage are handed: each verifies it before it works."""
    reports = [_opened(report) for report in state["reports"]["by_agent"].values()]
    early = stops_early(runtime.context.workshop.goal.routing.pattern) and any(r.done for r in reports)
    if not state["stages"] or early:
        return {"stages": [], "handovers": {}}
    now, *later = state["stages"]
    handovers = {name: _sealed(_task(state, name, reports, runtime.context)) for name in now}
    return {"stages": later, "handovers": handovers}


def _task(state: State, name: str, reports: list[Report], scope: Scope) -> dict[str, Any]:
    return {
        "agent": name,
        "run_id": state["turn"]["run_id"],
        "message": state["turn"]["message"],
        "slots": scope.workshop.slots.complete(state["slots"]),
        "found": {report.agent: report.outputs for report in reports},
    }


def _dispatch(state: State) -> list[Send] | str:
    handovers = state["handovers"]
    if not handovers:
        return "answer"
    run_id = state["turn"]["run_id"]
    return [Send("work", {"agent": name, "run_id": run_id, **sealed}) for name, sealed in handovers.items()]


async def _work(state: Task, runtime: Runtime[Scope]) -> dict[str, Any]:
    handover = Handover(state["body"], state["digest"])
    report = await runtime.context.delegation.delegate(state["agent"], handover)
    by_agent = {state["agent"]: {"body": report.body, "digest": report.digest}}
    return {"reports": {"run_id": state["run_id"], "by_agent": by_agent}}


async def _answer(state: State, runtime: Runtime[Scope]) -> dict[str, Any]:
    scope = runtime.context
    by_agent = state["reports"]["by_agent"]
    order = [agent.name for agent in scope.workshop.goal.agents if agent.name in by_agent]
    reports = [_opened(by_agent[name]) for name in order]
    facts = {
        "message": state["turn"]["message"],
        "slots": scope.workshop.slots.complete(state["slots"]),
        "history": [f"{m['role']}: {m['content']}" for m in state["messages"][-_SHOWN_HISTORY - 1 : -1]],
    }
    answering = scope.answering()
    if reports:
        answer = await answering.write(facts, reports, state["questions"])
    else:
        answer = await answering.help(state["questions"])
    wire = {
        "run_id": state["turn"]["run_id"],
        "message": answer.message,
        "missing": answer.missing,
        "completed": not answer.missing,
        "usage": scope.session.usage.wire(),
        "context": {"slots": state["slots"], "agents": order, "prose": answer.prose},
    }
    return {"answer": wire, "messages": [{"role": "assistant", "content": answer.message}]}


def _sealed(value: dict[str, Any]) -> dict[str, str]:
    handover = seal(value)
    return {"body": handover.body, "digest": handover.digest}


def _opened(report: dict[str, str]) -> Report:
    return Report.model_validate(unseal(Handover(report["body"], report["digest"])))
