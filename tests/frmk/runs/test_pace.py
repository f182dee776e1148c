"""A store with a pace: fewer appends, no event lost or late at the end, nothing shown before it is stored."""

import asyncio
import itertools

import pytest

from frmk.runs.memory import MemoryStore
from frmk.runs.rules import broken_rules
from frmk.runs.store import Pace
from tests.frmk.runs.scripted import LIMITS, ScriptExecutor, ask, draft, whole_turn

SECONDS = 0.2


class PacedStore(MemoryStore):
    """A store that says it costs, and remembers when it was written to."""

    def __init__(self):
        super().__init__()
        self.appended = []
        self.looked = 0
        self.seconds = SECONDS

    @property
    def pace(self):
        return Pace(append_seconds=self.seconds, look_seconds=30.0)

    async def append(self, lease, after, events, change):
        self.appended.append((asyncio.get_running_loop().time(), len(events)))
        await super().append(lease, after, events, change)

    async def expired(self, now, limit=20):
        self.looked += 1
        return await super().expired(now, limit)


@pytest.fixture
def paced():
    return PacedStore()


async def test_a_quick_turn_is_two_appends(paced, engine_on):
    paced.seconds = 60.0
    steps = [step for told in whole_turn() for step in (told, 0.005)]
    engine = await engine_on(paced, ScriptExecutor(steps))

    run = await engine.start(ask())
    events = [event async for event in engine.follow("ana", run.run_id)]

    assert broken_rules(events) == []
    assert [count for _, count in paced.appended] == [1, len(events) - 1]


async def test_appends_keep_their_distance(paced, engine_on):
    talk = [step for n in range(120) for step in (draft("agent_thinking", text=f"{n}"), 0.005)]
    engine = await engine_on(paced, ScriptExecutor([*whole_turn()[:1], *talk, *whole_turn()[-1:]]))

    run = await engine.start(ask())
    await engine.wait("ana", run.run_id)

    gaps = [b - a for (a, _), (b, _) in itertools.pairwise(paced.appended)]
    assert len(gaps) >= 3
    assert all(gap >= SECONDS - 0.005 for gap in gaps[:-1])


async def test_the_end_waits_for_nothing(paced, engine_on):
    paced.seconds = 60.0
    engine = await engine_on(paced, ScriptExecutor([*whole_turn()[:2], 0.05, *whole_turn()[2:]]))

    run = await engine.start(ask())

    await asyncio.wait_for(engine.wait("ana", run.run_id), 10)


async def test_what_a_follower_sees_is_stored(paced, engine_on):
    talk = [step for n in range(60) for step in (draft("agent_thinking", text=f"{n}"), 0.01)]
    engine = await engine_on(paced, ScriptExecutor([*whole_turn()[:1], *talk, *whole_turn()[-1:]]))
    run = await engine.start(ask())

    async for event in engine.follow("ana", run.run_id):
        assert event in await paced.read("ana", run.run_id, event.seq - 1, 1)


async def test_an_engine_that_closes_stores_what_waited_for_its_turn(paced, engine_on):
    steps = [*whole_turn()[:1], 0.05, *whole_turn()[1:4], 30.0]
    executor = ScriptExecutor(steps)
    engine = await engine_on(paced, executor)
    run = await engine.start(ask())
    await executor.waiting.wait()

    await engine.close()

    assert [event.seq for event in await paced.read("ana", run.run_id, 0)] == [1, 2, 3, 4]


async def test_a_store_that_costs_is_looked_through_less_often(paced, engine_on):
    limits = LIMITS.model_copy(update={"lease_seconds": 4.5})
    began = asyncio.get_running_loop().time()
    await engine_on(paced, ScriptExecutor(), limits=limits)
    await asyncio.sleep(3.2)

    passed = asyncio.get_running_loop().time() - began
    assert 2 <= paced.looked <= passed / (limits.lease_seconds / 3) + 1


async def test_an_executor_that_tells_much_is_not_taken_far_ahead_of_the_store(paced, engine_on):
    paced.seconds = 60.0
    limits = LIMITS.model_copy(update={"events_per_run": 50})
    talk = [draft("agent_thinking", text="and so on")] * 5_000
    engine = await engine_on(paced, ScriptExecutor([draft("agent_started"), 0.05, *talk]), limits=limits)

    run = await engine.start(ask())
    done = await engine.wait("ana", run.run_id)

    assert "allowed are 50" in done.error
    assert done.last_seq < 1_000


async def test_what_waits_for_its_turn_is_stored_though_nothing_follows(paced, engine_on):
    engine = await engine_on(paced, ScriptExecutor([*whole_turn()[:1], 0.02, *whole_turn()[1:2], 60.0]))
    run = await engine.start(ask())
    live = engine.follow("ana", run.run_id)

    assert [(await asyncio.wait_for(anext(live), 10)).seq for _ in range(2)] == [1, 2]
    await live.aclose()
