import asyncio
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from frmk.errors import ConflictError
from frmk.runs.cosmos import CosmosRunStore
from frmk.runs.engine import RunEngine
from frmk.runs.memory import MemoryStore
from frmk.runs.models import RunLimits
from frmk.runs.rules import broken_rules
from tests.frmk.runs.cosmos_db import fresh_container
from tests.frmk.runs.scripted import ScriptExecutor, ask, draft

LIMITS = RunLimits(coalesce_seconds=0.002, lease_seconds=5.0, stop_seconds=0.5)
AGENTS = ("s", "a", "b", "c")
PARENTS = {"s": None, "a": "s", "b": "s", "c": "a"}
CALLS = ("1", "2")


def steps_of(agent):
    def of(kind, **data):
        return draft(kind, agent, agent, PARENTS[agent], **data)

    tools = [
        step
        for call in CALLS
        for step in (
            of("tool_executing", tool="t", tool_call_id=call, input={}),
            of("tool_completed", tool="t", tool_call_id=call, output=1, seconds=0.0),
        )
    ]
    said = [of("agent_thinking", delta=text) for text in ("x", "yz", "")]
    ends = [of("agent_completed", message="m"), of("agent_failed", error="E", detail="d", recovered_by="r")]
    return [of("agent_started", context_hash="0"), of("agent_thinking", text="?"), *said, *tools, *ends]


LEGAL_OR_NOT = [step for agent in AGENTS for step in steps_of(agent)]
SUPERVISOR = steps_of("s")
wild = st.lists(
    st.one_of(st.sampled_from(LEGAL_OR_NOT), st.sampled_from([0.0, 0.003, ValueError("broken")])), max_size=25
)
begun = wild.map(lambda steps: [SUPERVISOR[0], *steps])


@st.composite
def lawful(draw):
    """Draw a script that breaks no rule, by following what is open."""
    script, open_agents, tools = [SUPERVISOR[0]], ["s"], {agent: set() for agent in AGENTS}
    for number in range(draw(st.integers(0, 30))):
        agent = draw(st.sampled_from(open_agents))
        of = {step.type.value: step for step in steps_of(agent)}
        startable = [a for a in AGENTS if a not in open_agents and PARENTS[a] in open_agents]
        match draw(st.sampled_from(["say", "pause", "start", "call", "return", "end"])):
            case "say":
                delta = f"{agent}{number};"
                script.append(draft("agent_thinking", agent, agent, PARENTS[agent], delta=delta))
            case "pause":
                script.append(0.001)
            case "start" if startable:
                agent = draw(st.sampled_from(startable))
                open_agents.append(agent)
                script.append(steps_of(agent)[0])
            case "call" if not tools[agent]:
                tools[agent].add("2")
                script.append(of["tool_executing"])
            case "return" if tools[agent]:
                tools[agent].clear()
                script.append(of["tool_completed"])
            case "end" if agent != "s" and not tools[agent] and agent not in map(PARENTS.get, open_agents):
                open_agents.remove(agent)
                script.append(of["agent_completed"])
            case _:
                pass
    return script, draw(st.booleans())


async def told_by(engine, run):
    return [event async for event in engine.follow(run.user, run.run_id)]


async def open_engine(store, script, owner="one"):
    engine = RunEngine(store, ScriptExecutor(script), owner=owner, limits=LIMITS)
    await engine.open()
    return engine


async def tell(script, store=None):
    engine = await open_engine(store or MemoryStore(), script)
    run = await engine.start(ask())
    events = await told_by(engine, run)
    again = await told_by(engine, run)
    await engine.close()
    return events, again


@settings(max_examples=150, deadline=None)
@given(st.one_of(wild, begun))
def test_whatever_an_executor_does_its_run_keeps_the_rules(script):
    events, again = asyncio.run(tell(script))

    assert broken_rules(events) == []
    assert again == events


@settings(max_examples=100, deadline=None)
@given(lawful())
def test_a_lawful_executor_is_told_in_full_and_in_order(drawn):
    script, completes = drawn
    end = SUPERVISOR[-2] if completes else ValueError("broken")

    events, _ = asyncio.run(tell([*script, end]))

    assert broken_rules(events) == []
    drafts = [step for step in script if not isinstance(step, float)]
    assert words(events) == words(drafts)
    kinds = [(e.type, e.data["agent_run_id"]) for e in drafts if "delta" not in e.data]
    assert [(e.type, e.data["agent_run_id"]) for e in events if "delta" not in e.data][: len(kinds)] == kinds


def words(told):
    text = dict.fromkeys(AGENTS, "")
    for one in told:
        text[one.data["agent_run_id"]] += one.data.get("delta", "")
    return text


async def interrupt(script, pauses, stop, store=None):
    """Stop the run in the middle, by a cancellation or by closing its engine, then let another one go on."""
    store = store or MemoryStore()
    one = await open_engine(store, [step for draft_ in script for step in (draft_, 0.0)])
    run = await one.start(ask())
    for _ in range(pauses):
        await asyncio.sleep(0)
    if stop == "cancel":
        with suppress(ConflictError):
            await one.cancel("ana", run.run_id)
    await one.close()
    two = await open_engine(store, [SUPERVISOR[0], SUPERVISOR[-2]], "two")
    await two.recover()
    events = await asyncio.wait_for(told_by(two, run), 10)
    await two.close()
    return events


@settings(max_examples=100, deadline=None)
@given(begun, st.integers(0, 40), st.sampled_from(["cancel", "close"]))
def test_a_run_that_is_stopped_anywhere_keeps_the_rules(script, pauses, stop):
    events = asyncio.run(interrupt(script, pauses, stop))

    assert broken_rules(events) == []


async def on_cosmos(server, work, *args):
    async with fresh_container(server) as container:
        return await work(*args, CosmosRunStore(container))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.one_of(wild, begun))
def test_whatever_an_executor_does_its_run_keeps_the_rules_on_cosmos(database_server, script):
    events, again = asyncio.run(on_cosmos(database_server, tell, script))

    assert broken_rules(events) == []
    assert again == events


@settings(max_examples=8, deadline=None, derandomize=True)
@given(begun, st.integers(0, 40), st.sampled_from(["cancel", "close"]))
def test_a_run_that_is_stopped_anywhere_keeps_the_rules_on_cosmos(database_server, script, pauses, stop):
    events = asyncio.run(on_cosmos(database_server, interrupt, script, pauses, stop))

    assert broken_rules(events) == []
