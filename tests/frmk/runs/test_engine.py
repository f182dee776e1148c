import asyncio
from contextlib import suppress

import pytest

from frmk.errors import (
    FieldError,
    LimitError,
    RunNotFoundError,
    RunOverError,
    ThreadBusyError,
    ThreadNotFoundError,
)
from frmk.runs.models import RunLimits
from frmk.runs.rules import broken_rules
from frmk.runs.states import RunStatus
from tests.frmk.runs.scripted import LIMITS, ScriptExecutor, ask, draft, told, until, whole_turn


async def events_of(engine, run, after=0):
    return [event async for event in engine.follow(run.user, run.run_id, after)]


def kinds(events):
    return [event.type.value for event in events]


async def test_a_run_tells_its_events_in_order_and_ends_completed(store, engine_on):
    engine = await engine_on(store, ScriptExecutor())

    run = await engine.start(ask())
    events = await events_of(engine, run)

    assert broken_rules(events) == []
    assert kinds(events) == [
        "agent_started",
        "agent_thinking",
        "agent_started",
        "tool_executing",
        "tool_completed",
        "agent_completed",
        "agent_thinking",
        "agent_completed",
    ]
    assert events[6].data["delta"] == "Go to Lisbon."
    done = await engine.wait("ana", run.run_id)
    assert (done.status, done.last_seq, done.error) == (RunStatus.COMPLETED, 8, None)
    assert (done.usage.model, done.usage.total_tokens) == ("scripted", 7)


async def test_the_thread_remembers_question_tool_and_answer(store, engine_on):
    engine = await engine_on(store, ScriptExecutor())

    run = await engine.start(ask("Where  to\ngo?", thread_id="t1"))
    await engine.wait("ana", run.run_id)

    thread = await engine.thread("ana", "t1")
    assert [(m.role, m.content) for m in thread.messages] == [
        ("user", "Where  to\ngo?"),
        ("tool", '{"celsius": 21}'),
        ("assistant", "Go to Lisbon."),
    ]
    assert thread.title == "Where to go?"


async def test_a_reader_that_comes_back_sees_only_what_is_new(store, engine_on):
    engine = await engine_on(store, ScriptExecutor())

    run = await engine.start(ask())
    everything = await events_of(engine, run)

    assert await events_of(engine, run, after=5) == everything[5:]
    assert await events_of(engine, run, after=8) == []
    assert await events_of(engine, run, after=99) == []


async def test_the_same_thread_id_for_two_users_is_two_threads(store, engine_on):
    engine = await engine_on(store, ScriptExecutor())

    mine = await engine.start(ask("Mine", user="ana", thread_id="t"))
    yours = await engine.start(ask("Yours", user="bob", thread_id="t"))
    await engine.wait("ana", mine.run_id)
    await engine.wait("bob", yours.run_id)

    assert (await engine.thread("ana", "t")).messages[0].content == "Mine"
    assert (await engine.thread("bob", "t")).messages[0].content == "Yours"
    with pytest.raises(RunNotFoundError):
        await engine.run("bob", mine.run_id)
    with pytest.raises(RunNotFoundError):
        await events_of(engine, mine.__class__(**{**_fields(mine), "user": "bob"}))


def _fields(run):
    return {name: getattr(run, name) for name in run.__slots__}


async def test_a_thread_takes_one_run_at_a_time(store, engine_on):
    gate = asyncio.Event()
    engine = await engine_on(store, ScriptExecutor([gate, *whole_turn()]))
    first = await engine.start(ask(thread_id="t"))

    with pytest.raises(ThreadBusyError, match=first.run_id):
        await engine.start(ask(thread_id="t"))

    gate.set()
    await engine.wait("ana", first.run_id)
    await engine.start(ask(thread_id="t"))


async def test_a_user_has_a_bounded_number_of_runs_at_once(store, engine_on):
    gate = asyncio.Event()
    limits = LIMITS.model_copy(update={"runs_per_user": 2})
    engine = await engine_on(store, ScriptExecutor([gate, *whole_turn()]), limits=limits)
    await engine.start(ask())
    await engine.start(ask())

    with pytest.raises(LimitError, match="2 runs under way, allowed are 2") as caught:
        await engine.start(ask())

    assert caught.value.retry_after > 0
    await engine.start(ask(user="bob"))
    gate.set()


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"message": "x" * 101}, "message", "101 characters; allowed are 1 to 100"),
        ({"message": "  "}, "message", "must say something"),
        ({"message": "\ud800"}, "message", "surrogate"),
        ({"thread_id": "a/b"}, "thread_id", "'a/b'"),
        ({"thread_id": ""}, "thread_id", "1 to 128"),
        ({"goal": "nonsense"}, "goal", "cost_optimization, travel_planning"),
        ({"user": ""}, "user", "allowed are 1 to"),
        ({"context": {"a": [[[[]]]]}}, "context", "deeper than 4"),
        ({"context": {"a": "x" * 300}}, "context", "allowed are 200"),
        ({"context": {"a": float("nan")}}, "context", "no JSON value"),
        ({"context": {"a": 2**60}}, "context", "no JSON value"),
    ],
)
async def test_a_request_out_of_bounds_names_its_field(store, engine_on, fields, field, says):
    limits = RunLimits(message_characters=100, context_depth=4, context_bytes=200)
    engine = await engine_on(store, ScriptExecutor(), limits=limits)

    with pytest.raises(FieldError, match=says) as caught:
        await engine.start(ask(**{"message": "Hello", **fields}))

    assert caught.value.field == field
    assert (await engine.threads(fields.get("user", "ana"))).threads == ()


async def test_json_a_thousand_levels_deep_is_refused(store, engine_on):
    engine = await engine_on(store, ScriptExecutor())
    deep: dict = {}
    for _ in range(100_000):
        deep = {"a": deep}

    with pytest.raises(FieldError, match="deeper than 64"):
        await engine.start(ask(context=deep))


async def test_the_first_goal_is_the_default_one(store, engine_on):
    executor = ScriptExecutor()
    engine = await engine_on(store, executor)

    run = await engine.start(ask())
    await engine.wait("ana", run.run_id)

    assert executor.turns[0].goal == "travel_planning"


async def test_a_negative_after_is_refused(store, engine_on):
    engine = await engine_on(store, ScriptExecutor())
    run = await engine.start(ask())

    with pytest.raises(FieldError, match="after is -1"):
        await events_of(engine, run, after=-1)


async def test_cancelling_closes_tools_agents_and_the_run(store, engine_on):
    executor = ScriptExecutor([*whole_turn()[:4], 30.0])
    engine = await engine_on(store, executor)
    run = await engine.start(ask())
    follower = asyncio.create_task(events_of(engine, run))
    await told(engine, run, 4)

    cancelled = await engine.cancel("ana", run.run_id)

    events = await follower
    assert cancelled.status is RunStatus.CANCELLED
    assert broken_rules(events) == []
    assert kinds(events[4:]) == ["tool_completed", "agent_failed", "agent_failed"]
    assert events[4].data["error"].startswith("Cancelled")
    assert [event.data["error"] for event in events[5:]] == ["Cancelled", "Cancelled"]
    assert executor.stopped == 1
    with pytest.raises(RunOverError, match="cancelled"):
        await engine.cancel("ana", run.run_id)


async def test_cancelling_before_the_first_event_still_tells_a_whole_run(store, engine_on):
    engine = await engine_on(store, ScriptExecutor([30.0]))
    run = await engine.start(ask())

    await engine.cancel("ana", run.run_id)

    events = await events_of(engine, run)
    assert kinds(events) == ["agent_started", "agent_failed"]
    assert broken_rules(events) == []
    assert len(events[0].data["context_hash"]) == 64


async def test_an_executor_that_breaks_fails_its_run_with_everything_closed(store, engine_on):
    engine = await engine_on(store, ScriptExecutor([*whole_turn()[:4], ValueError("no such city")]))

    run = await engine.start(ask())
    events = await events_of(engine, run)

    assert broken_rules(events) == []
    says = "The run broke; the server's log says why."
    assert (events[-1].data["error"], events[-1].data["detail"]) == ("InternalError", says)
    done = await engine.run("ana", run.run_id)
    assert (done.status, done.error) == (RunStatus.FAILED, f"InternalError: {says}")
    assert [m.role for m in (await engine.thread("ana", run.thread_id)).messages] == ["user"]


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ([], "stopped before its supervisor ended"),
        ([draft("agent_thinking", text="?")], "open are none"),
        ([*whole_turn(), draft("agent_thinking", text="again")], "The supervisor has ended"),
        ([draft("agent_started"), draft("agent_started", run="s2")], "second supervisor"),
        ([draft("agent_started"), draft("agent_started", "w", "w", "nobody")], "no open agent"),
        (
            [draft("agent_started"), draft("tool_completed", tool="t", tool_call_id="c")],
            "open calls are none",
        ),
        ([draft("agent_started"), draft("agent_thinking", text={1, 2, object()})], "no JSON"),
        ([draft("agent_started"), draft("agent_thinking", delta="\ud800")], "no JSON"),
        ([draft("agent_started"), draft("approval_requested", tool="t")], "approval_requested"),
    ],
)
async def test_an_executor_in_disorder_fails_its_run_clearly(store, engine_on, script, says):
    engine = await engine_on(store, ScriptExecutor(script))

    run = await engine.start(ask())
    events = await events_of(engine, run)

    assert broken_rules(events) == []
    assert events[-1].data["error"] == "ExecutorError"
    assert says in events[-1].data["detail"]


async def test_what_an_agent_left_open_is_closed_before_it(store, engine_on):
    engine = await engine_on(store, ScriptExecutor([*whole_turn()[:4], *whole_turn()[-1:]]))

    run = await engine.start(ask())
    events = await events_of(engine, run)

    assert broken_rules(events) == []
    assert kinds(events[4:]) == ["tool_completed", "agent_failed", "agent_completed"]
    assert (await engine.run("ana", run.run_id)).status is RunStatus.COMPLETED


async def test_a_failed_supervisor_may_start_again_with_another_model(store, engine_on):
    failed = draft("agent_failed", error="ModelError", detail="no answer", recovered_by="small")
    again = [draft("agent_started", run="s2"), draft("agent_completed", run="s2", message="Hello")]
    engine = await engine_on(store, ScriptExecutor([draft("agent_started"), failed, *again]))

    run = await engine.start(ask())
    events = await events_of(engine, run)

    assert broken_rules(events) == []
    assert kinds(events) == ["agent_started", "agent_failed", "agent_started", "agent_completed"]


async def test_a_run_that_takes_too_long_fails(store, engine_on):
    limits = LIMITS.model_copy(update={"run_seconds": 0.2})
    engine = await engine_on(store, ScriptExecutor([draft("agent_started"), 30.0]), limits=limits)

    run = await engine.start(ask())
    done = await engine.wait("ana", run.run_id)

    assert done.error == "RunTimeout: The run took longer than 0.2 s."


async def test_a_run_that_never_stops_talking_is_timed_out(store, engine_on):
    def chatter(_):
        yield draft("agent_started")
        while True:
            yield draft("agent_thinking", text="and so on")

    limits = LIMITS.model_copy(update={"run_seconds": 0.2, "events_per_run": 30_000})
    engine = await engine_on(store, ScriptExecutor(chatter), limits=limits)

    run = await engine.start(ask())
    done = await asyncio.wait_for(engine.wait("ana", run.run_id), 20)

    assert done.error == "RunTimeout: The run took longer than 0.2 s."


async def test_a_run_that_tells_too_much_fails(store, engine_on):
    limits = LIMITS.model_copy(update={"events_per_run": 50})
    talk = [draft("agent_thinking", text="and so on")] * 5_000
    engine = await engine_on(store, ScriptExecutor([draft("agent_started"), *talk]), limits=limits)

    run = await engine.start(ask())
    done = await engine.wait("ana", run.run_id)

    assert "allowed are 50" in done.error
    assert done.last_seq < 1_000


async def test_a_reader_that_stops_reading_never_holds_the_run_up(store, engine_on):
    talk = [draft("agent_thinking", text="word " * 200)] * 2_000
    engine = await engine_on(store, ScriptExecutor([*whole_turn()[:1], *talk, *whole_turn()[-1:]]))
    run = await engine.start(ask())
    slow = engine.follow("ana", run.run_id)
    await anext(slow)

    done = await asyncio.wait_for(engine.wait("ana", run.run_id), 20)

    assert done.status is RunStatus.COMPLETED
    rest = [event async for event in slow]
    assert [event.seq for event in rest] == list(range(2, done.last_seq + 1))


async def test_a_reader_that_leaves_does_not_end_the_run(store, engine_on):
    gate = asyncio.Event()
    engine = await engine_on(store, ScriptExecutor([*whole_turn()[:3], gate, *whole_turn()[3:]]))
    run = await engine.start(ask())
    reader = asyncio.create_task(events_of(engine, run))
    await asyncio.sleep(0.05)
    reader.cancel()
    gate.set()

    assert (await engine.wait("ana", run.run_id)).status is RunStatus.COMPLETED


async def test_a_client_that_leaves_while_its_run_starts_leaves_no_orphan(store, engine_on):
    async def answered():
        with suppress(ThreadNotFoundError):
            messages = (await engine.thread("ana", "t")).messages
            return [message.role for message in messages][-1:] == ["assistant"]
        return False

    engine = await engine_on(store, ScriptExecutor())
    starting = asyncio.create_task(engine.start(ask(thread_id="t")))
    await asyncio.sleep(0)
    starting.cancel()
    await until(answered)


async def test_threads_come_in_pages_last_updated_first(store, engine_on):
    engine = await engine_on(store, ScriptExecutor())
    for number in range(5):
        run = await engine.start(ask(thread_id=f"t{number}"))
        await engine.wait("ana", run.run_id)

    first = await engine.threads("ana", 2)
    second = await engine.threads("ana", 2, first.next_cursor)
    third = await engine.threads("ana", 2, second.next_cursor)

    pages = [[thread.thread_id for thread in page.threads] for page in (first, second, third)]
    assert pages == [["t4", "t3"], ["t2", "t1"], ["t0"]]
    assert third.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "!!", "WzEsMl0", "\ud800", "W10"])
async def test_a_cursor_of_somebodys_own_making_is_refused(store, engine_on, cursor):
    engine = await engine_on(store, ScriptExecutor())

    with pytest.raises(FieldError, match="next_cursor"):
        await engine.threads("ana", 20, cursor)


async def test_a_limit_out_of_range_is_refused(store, engine_on):
    engine = await engine_on(store, ScriptExecutor())

    with pytest.raises(FieldError, match="limit is 101; allowed are 1 to 100"):
        await engine.threads("ana", 101)
