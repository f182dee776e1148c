import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from frmk.errors import RunNotFoundError, ThreadBusyError, ThreadNotFoundError
from frmk.runs.engine import RunEngine
from frmk.runs.rules import broken_rules
from frmk.runs.states import RunStatus
from tests.frmk.runs.scripted import LIMITS, ScriptExecutor, ask, draft, told, until, whole_turn


async def events_of(engine, run, after=0):
    return [event async for event in engine.follow(run.user, run.run_id, after)]


def begins_then(rest):
    """Stop in mid-tool at the first attempt; do the whole turn, under new ids, at the next one."""

    def script(turn):
        if turn.attempt == 1:
            return [*whole_turn()[:4], rest]
        ids = {"s": f"s{turn.attempt}", "w": f"w{turn.attempt}", None: None}
        return [
            draft(
                step.type,
                step.agent,
                ids[step.data["agent_run_id"]],
                ids[step.data["parent_run_id"]],
                **{k: v for k, v in step.data.items() if not k.endswith("_run_id")},
            )
            for step in whole_turn()
        ]

    return script


async def die(engine):
    """End an engine as a crash does: nothing is written, nothing is released."""
    engine._watch.cancel()
    for task in [engine._watch, *engine._tasks.values()]:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_exactly_one_of_two_engines_runs_a_run(open_store, engine_on):
    limits = LIMITS.model_copy(update={"lease_seconds": 1.5})
    executors = ScriptExecutor([*whole_turn()[:3], 2.2, *whole_turn()[3:]]), ScriptExecutor()
    one = await engine_on(await open_store(), executors[0], "one", limits)
    two = await engine_on(await open_store(), executors[1], "two", limits)

    run = await one.start(ask())
    assert await two.recover() == []
    done = await two.wait("ana", run.run_id)

    assert (done.status, done.attempt) == (RunStatus.COMPLETED, 1)
    assert (len(executors[0].turns), len(executors[1].turns)) == (1, 0)


async def test_a_follower_of_another_engine_sees_the_same_events_as_they_come(open_store, engine_on):
    gate = asyncio.Event()
    executor = ScriptExecutor([*whole_turn()[:3], gate, *whole_turn()[3:]])
    one = await engine_on(await open_store(), executor, "one")
    two = await engine_on(await open_store(), ScriptExecutor(), "two")
    run = await one.start(ask())
    here, there = asyncio.create_task(events_of(one, run)), asyncio.create_task(events_of(two, run))
    early = two.follow("ana", run.run_id)
    assert [(await asyncio.wait_for(anext(early), 5)).seq for _ in range(3)] == [1, 2, 3]

    gate.set()

    assert await here == await there
    assert broken_rules(await here) == []


async def test_when_the_owner_dies_another_engine_carries_on_with_the_numbers(open_store, engine_on):
    one = await engine_on(await open_store(), ScriptExecutor(begins_then(30.0)), "one")
    two_executor = ScriptExecutor(begins_then(30.0))
    two = await engine_on(await open_store(), two_executor, "two")
    run = await one.start(ask())
    follower = asyncio.create_task(events_of(two, run))
    await told(one, run, 4)

    await die(one)

    events = await asyncio.wait_for(follower, 10)
    assert broken_rules(events) == []
    assert [e.data.get("error") for e in events[4:7]][1:] == ["Interrupted", "Interrupted"]
    assert events[6].data["recovered_by"] == "supervisor"
    assert two_executor.turns[0].attempt == 2
    assert (await two.run("ana", run.run_id)).status is RunStatus.COMPLETED


async def test_the_thread_remembers_tools_that_answered_before_the_crash(open_store, engine_on):
    def script(turn):
        return [*whole_turn()[:5], 30.0] if turn.attempt == 1 else begins_then(0)(turn)

    one = await engine_on(await open_store(), ScriptExecutor(script), "one")
    two = await engine_on(await open_store(), ScriptExecutor(script), "two")
    run = await one.start(ask(thread_id="t"))
    await told(one, run, 5)
    await die(one)
    await asyncio.wait_for(two.wait("ana", run.run_id), 10)

    roles = [message.role for message in (await two.thread("ana", "t")).messages]

    assert roles == ["user", "tool", "tool", "assistant"]


async def test_an_engine_that_closes_hands_its_runs_over_at_once(open_store, engine_on):
    limits = LIMITS.model_copy(update={"lease_seconds": 60.0})
    first = ScriptExecutor([*whole_turn()[:2], draft("agent_thinking", delta="Go"), 30.0])
    one = await engine_on(await open_store(), first, "one", limits)
    two = await engine_on(await open_store(), ScriptExecutor(begins_then(30.0)), "two", limits)
    run = await one.start(ask())
    await first.waiting.wait()

    await one.close()

    events = await asyncio.wait_for(events_of(two, run), 10)
    assert first.stopped == 1
    assert events[2].data["delta"] == "Go"
    assert broken_rules(events) == []


async def test_an_owner_that_was_paused_writes_nothing_more(open_store, engine_on):
    gate = asyncio.Event()
    executor = ScriptExecutor([*whole_turn()[:2], gate, *whole_turn()[2:]])
    one = await engine_on(await open_store(), executor, "one")
    run = await one.start(ask())
    await told(one, run, 2)
    one._watch.cancel()
    await asyncio.sleep(0.8)
    two = await engine_on(await open_store(), ScriptExecutor(begins_then(0)), "two")
    await two.recover()
    gate.set()

    events = await asyncio.wait_for(events_of(one, run), 10)

    assert broken_rules(events) == []
    assert events == await events_of(two, run)


async def test_a_run_that_takes_every_replica_down_ends_failed(open_store, engine_on):
    limits = LIMITS.model_copy(update={"attempts": 2, "lease_seconds": 0.2})
    stuck = [draft("agent_started"), 30.0]
    runs = []
    for owner in ("one", "two"):
        executor = ScriptExecutor(stuck)
        engine = await engine_on(await open_store(), executor, owner, limits)
        runs = runs or [await engine.start(ask())]
        await executor.waiting.wait()
        await die(engine)
    last = await engine_on(await open_store(), ScriptExecutor(stuck), "three", limits)

    done = await asyncio.wait_for(last.wait("ana", runs[0].run_id), 5)

    assert done.error == "Interrupted: The run lost its replica 2 times."
    assert broken_rules(await events_of(last, runs[0])) == []


async def test_cancelling_from_another_engine_reaches_the_owner(open_store, engine_on):
    executor = ScriptExecutor([*whole_turn()[:4], 30.0])
    one = await engine_on(await open_store(), executor, "one")
    two = await engine_on(await open_store(), ScriptExecutor(), "two")
    run = await one.start(ask())
    await told(two, run, 4)

    cancelled = await two.cancel("ana", run.run_id)

    assert cancelled.status is RunStatus.CANCELLED
    assert executor.stopped == 1
    assert broken_rules(await events_of(two, run)) == []


async def test_cancelling_a_run_without_an_owner_ends_it(open_store, engine_on):
    limits = LIMITS.model_copy(update={"lease_seconds": 0.2})
    one = await engine_on(await open_store(), ScriptExecutor([*whole_turn()[:4], 30.0]), "one", limits)
    run = await one.start(ask())
    await told(one, run, 4)
    await die(one)
    await asyncio.sleep(0.3)
    two = await engine_on(await open_store(), ScriptExecutor([30.0]), "two", limits)

    assert (await two.cancel("ana", run.run_id)).status is RunStatus.CANCELLED
    assert broken_rules(await events_of(two, run)) == []


async def test_deleting_a_thread_cancels_its_run_and_forgets_its_checkpoints(open_store, engine_on):
    executor = ScriptExecutor([*whole_turn()[:4], 30.0])
    engine = await engine_on(await open_store(), executor)
    run = await engine.start(ask(thread_id="t"))
    await told(engine, run, 4)

    await engine.delete_thread("ana", "t")

    assert (executor.stopped, executor.forgotten) == (1, [("ana", "t")])
    with pytest.raises(RunNotFoundError):
        await engine.run("ana", run.run_id)
    with pytest.raises(ThreadNotFoundError):
        await engine.thread("ana", "t")
    with pytest.raises(ThreadNotFoundError):
        await engine.delete_thread("ana", "t")


async def test_deleting_on_another_engine_stops_the_owner_first(open_store, engine_on):
    executor = ScriptExecutor([*whole_turn()[:4], 30.0])
    one = await engine_on(await open_store(), executor, "one")
    two_executor = ScriptExecutor()
    two = await engine_on(await open_store(), two_executor, "two")
    await told(one, await one.start(ask(thread_id="t")), 4)

    await two.delete_thread("ana", "t")

    assert executor.stopped == 1
    assert two_executor.forgotten == [("ana", "t")]
    assert (await two.threads("ana")).threads == ()


async def test_an_owner_whose_thread_was_deleted_forgets_what_it_wrote_since(open_store, engine_on):
    executor = ScriptExecutor([*whole_turn()[:2], 30.0])
    store = await open_store()
    engine = await engine_on(store, executor)
    await told(engine, await engine.start(ask(thread_id="t")), 2)

    await store.delete_thread("ana", "t")

    async def forgotten():
        return bool(executor.forgotten)

    await until(forgotten)

    assert (executor.stopped, executor.forgotten) == (1, [("ana", "t")])


async def test_an_executor_that_ignores_its_cancellation_does_not_hold_the_run(open_store, engine_on):
    class Stubborn(ScriptExecutor):
        async def execute(self, turn):
            yield draft("agent_started")
            end = asyncio.get_running_loop().time() + 1.0
            while (left := end - asyncio.get_running_loop().time()) > 0:
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(left)

    limits = LIMITS.model_copy(update={"stop_seconds": 0.2})
    engine = await engine_on(await open_store(), Stubborn(), limits=limits)
    run = await engine.start(ask(thread_id="t"))
    await told(engine, run, 1)

    cancelled = await engine.cancel("ana", run.run_id)
    done = await asyncio.wait_for(engine.wait("ana", run.run_id), 5)

    assert cancelled.cancel_requested
    assert done.status is RunStatus.CANCELLED
    await asyncio.sleep(1.0)


async def test_an_executor_that_never_tidies_up_does_not_hold_its_answer(open_store, engine_on):
    limits = LIMITS.model_copy(update={"stop_seconds": 0.2})
    engine = await engine_on(await open_store(), ScriptExecutor([*whole_turn(), 30.0]), limits=limits)

    run = await engine.start(ask())
    done = await asyncio.wait_for(engine.wait("ana", run.run_id), 5)

    assert done.status is RunStatus.COMPLETED


async def test_the_thread_is_free_only_when_the_executor_is_done(open_store, engine_on):
    gate = asyncio.Event()
    executor = ScriptExecutor([*whole_turn(), gate])
    limits = LIMITS.model_copy(update={"stop_seconds": 30.0})
    engine = await engine_on(await open_store(), executor, limits=limits)

    run = await engine.start(ask(thread_id="t"))
    await executor.waiting.wait()
    with pytest.raises(ThreadBusyError):
        await engine.start(ask(thread_id="t"))

    gate.set()
    await engine.wait("ana", run.run_id)
    await engine.start(ask(thread_id="t"))


async def test_a_run_that_cannot_be_taken_over_leaves_the_others_and_the_watch(
    open_store, engine_on, monkeypatch
):
    store = await open_store()
    engine = await engine_on(store, ScriptExecutor())
    taken = []

    async def expired(_now):
        return [("ana", "bad"), ("ana", "good")]

    async def take_over(_user, run_id):
        if run_id == "bad":
            raise ValueError("an event that nobody can read")
        taken.append(run_id)
        return True

    monkeypatch.setattr(store, "expired", expired)
    monkeypatch.setattr(engine, "_take_over", take_over)

    async def again():
        return len(taken) > 1

    assert await engine.recover() == ["good"]
    await until(again)


async def test_a_watch_that_broke_does_not_keep_runs_from_being_handed_over(open_store):
    executor = ScriptExecutor([draft("agent_started"), 30.0])
    engine = RunEngine(await open_store(), executor, owner="one", limits=LIMITS)
    await engine.open()
    await engine.start(ask())
    await executor.waiting.wait()
    engine._watch.cancel()

    async def broken():
        raise ValueError("a defect")

    engine._watch = asyncio.create_task(broken())
    await asyncio.sleep(0)
    await engine.close()

    assert executor.stopped == 1


async def test_a_run_that_lost_events_is_not_read_for_ever(open_store, engine_on, monkeypatch):
    store = await open_store()
    engine = await engine_on(store, ScriptExecutor())
    run = await engine.start(ask())
    run = await engine.wait("ana", run.run_id)

    lacking = replace(run, last_seq=run.last_seq + 1)
    events = await asyncio.wait_for(engine._all_events(lacking), 5)

    assert len(events) == run.last_seq
