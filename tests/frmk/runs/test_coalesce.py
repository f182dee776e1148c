import asyncio
import itertools

from frmk.runs.coalesce import Coalescer
from tests.frmk.runs.scripted import LIMITS, ScriptExecutor, ask, draft


def piece(text, run="s"):
    return draft("agent_thinking", run=run, delta=text)


def deltas(drafts):
    return [(d.data["agent_run_id"], d.data["delta"]) for d in drafts]


def test_pieces_of_one_agent_are_joined_until_the_window_ends():
    coalescer = Coalescer(0.05)

    assert coalescer.push(piece("a"), 1.00) == []
    assert coalescer.push(piece("b"), 1.04) == []
    assert coalescer.due(1.049) == []

    assert deltas(coalescer.due(1.05)) == [("s", "ab")]
    assert coalescer.deadline is None


def test_another_event_takes_the_held_pieces_before_it():
    coalescer = Coalescer(0.05)
    coalescer.push(piece("a"), 1.0)
    text = draft("agent_thinking", text="I look")

    told = coalescer.push(text, 1.01)

    assert deltas(told[:1]) == [("s", "a")]
    assert told[1:] == [text]


def test_agents_that_write_at_once_keep_their_own_text():
    coalescer = Coalescer(0.05)
    for text, run in (("a", "x"), ("1", "y"), ("b", "x"), ("2", "y")):
        coalescer.push(piece(text, run), 1.0)

    assert deltas(coalescer.flush()) == [("x", "ab"), ("y", "12")]


def test_an_empty_piece_is_dropped_and_a_long_one_is_not_held():
    coalescer = Coalescer(0.05)

    assert coalescer.push(piece(""), 1.0) == []
    assert coalescer.deadline is None
    assert len(coalescer.push(piece("x" * 20_000), 1.0)) == 1


def test_without_a_window_nothing_is_held():
    assert deltas(Coalescer(0.0).push(piece("a"), 1.0)) == [("s", "a")]


async def test_a_steady_stream_is_told_no_more_often_than_the_window(store, engine_on):
    pieces = [step for n in range(60) for step in (piece(f"{n} "), 0.005)]
    script = [draft("agent_started"), *pieces, draft("agent_completed", message="done")]
    engine = await engine_on(store, ScriptExecutor(script))

    run = await engine.start(ask())
    events = [event async for event in engine.follow("ana", run.run_id)]

    told = [event for event in events if "delta" in event.data]
    gaps = [b.time - a.time for a, b in itertools.pairwise(told)][:-1]
    assert "".join(event.data["delta"] for event in told) == "".join(f"{n} " for n in range(60))
    assert 2 <= len(told) <= 12
    assert all(gap.total_seconds() >= LIMITS.coalesce_seconds - 0.005 for gap in gaps)


async def test_held_text_is_told_although_nothing_follows_it(store, engine_on):
    gate = asyncio.Event()
    engine = await engine_on(store, ScriptExecutor([draft("agent_started"), piece("Hello"), gate]))
    run = await engine.start(ask())
    reading = engine.follow("ana", run.run_id)

    events = [await asyncio.wait_for(anext(reading), 5) for _ in range(2)]

    assert events[1].data["delta"] == "Hello"
