"""What the Cosmos store does beyond what every store must: costs, limits, faults, lifetimes."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy

from frmk.errors import LimitError, RunNotFoundError, StoreError, ThreadBusyError, ThreadNotFoundError
from frmk.runs.cosmos import CosmosRunStore
from frmk.runs.cosmos_items import Items
from frmk.runs.ids import thread_key
from frmk.runs.models import RunLimits
from frmk.runs.rules import broken_rules
from frmk.runs.states import RunStatus
from frmk.runs.store import Pace
from tests.database import DatabaseServer
from tests.frmk.checkpoint.cosmos.faults import FaultyTransport
from tests.frmk.runs.cosmos_db import Meter, everything, fresh_container
from tests.frmk.runs.scripted import ScriptExecutor, ask, draft, whole_turn
from tests.frmk.runs.test_store_conformance import (
    GOING,
    OVER,
    a_run,
    an_event,
    at,
    create,
    some_events,
)

# As in production: the engine's watch reads each run every second and looks for orphans every two.
LIMITS = RunLimits()


@pytest.fixture
async def container(database_server: DatabaseServer) -> AsyncIterator[ContainerProxy]:
    async with fresh_container(database_server) as container:
        yield container


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
async def store(container: ContainerProxy, meter: Meter) -> AsyncIterator[CosmosRunStore]:
    store = CosmosRunStore(container, on_charge=meter)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def transport() -> FaultyTransport:
    return FaultyTransport()


@pytest.fixture
async def faulty(
    database_server: DatabaseServer, container: ContainerProxy, transport: FaultyTransport
) -> AsyncIterator[CosmosRunStore]:
    """Give a store on the same container through a transport that goes wrong on demand."""
    name = container.container_link.split("/")[1]
    async with database_server.client(transport=transport, retry_throttle_total=2) as client:
        yield CosmosRunStore(client.get_database_client(name).get_container_client(container.id))


def batches(request: Any) -> bool:
    return any(name.lower() == "x-ms-cosmos-is-batch-request" for name in request.headers)


async def test_a_turn_takes_few_requests_and_a_later_one_fewer(store, meter, engine_on):
    engine = await engine_on(store, ScriptExecutor(), limits=LIMITS)

    async def turn():
        meter.clear()
        run = await engine.start(ask(thread_id="t"))
        events = [event async for event in engine.follow("ana", run.run_id)]
        assert broken_rules(events) == []
        return {name: count for name, count in meter.requests.items() if name in TURN}

    TURN = {"runs.create_run", "runs.append"}  # noqa: N806
    first, later = await turn(), await turn()

    assert first["runs.create_run"] <= 3
    assert first["runs.append"] <= 3
    assert later["runs.create_run"] == 1
    assert later["runs.append"] <= 3
    assert thread_key("ana", "t") in meter.threads


async def test_a_long_answer_is_appended_a_few_times_a_second(store, meter, engine_on):
    words = [step for n in range(150) for step in (draft("agent_thinking", delta=f"{n} "), 0.006)]
    script = [draft("agent_started"), *words, draft("agent_completed", message="m")]
    engine = await engine_on(store, ScriptExecutor(script), limits=LIMITS)

    run = await engine.start(ask())
    began = asyncio.get_running_loop().time()
    await engine.wait("ana", run.run_id)
    seconds = asyncio.get_running_loop().time() - began

    assert meter.requests["runs.append"] <= seconds / 0.25 + 3
    said = [event.data.get("delta", "") for event in await store.read("ana", run.run_id, 0)]
    assert "".join(said) == "".join(f"{n} " for n in range(150))


async def test_an_event_that_comes_alone_is_not_held_back(container, engine_on):
    gate = asyncio.Event()
    store = CosmosRunStore(container, pace=Pace(append_seconds=1.5, look_seconds=2.0))
    await store.open()
    engine = await engine_on(
        store, ScriptExecutor([*whole_turn()[:1], gate, *whole_turn()[1:]]), limits=LIMITS
    )
    run = await engine.start(ask())
    live = engine.follow("ana", run.run_id)
    await anext(live)
    await asyncio.sleep(1.6)
    began = asyncio.get_running_loop().time()
    gate.set()

    await anext(live)

    assert asyncio.get_running_loop().time() - began < store.pace.append_seconds
    await live.aclose()


async def test_what_is_asked_for_often_is_one_request(store, meter):
    for number in range(25):
        run = a_run(f"r{number}", f"t{number}", created=at(number))
        lease = await create(store, run, busy_limit=99)
        await store.append(lease, 0, some_events(run, 1, 5), GOING)
    meter.clear()

    assert len(await store.threads("ana", 20, None)) == 20
    await store.thread("ana", "t3")
    await store.run("ana", "r3")
    assert len(await store.read("ana", "r3", 0)) == 5
    assert len(await store.expired(at(99))) == 20

    assert set(meter.requests.values()) == {1}
    assert len(meter.requests) == 5


async def test_renewing_is_a_read_for_a_young_lease_and_a_write_for_an_old_one(store, meter):
    lease = await create(store, a_run(), until=12)
    meter.clear()

    await store.renew([lease], at(14.9))
    assert meter.requests == {"runs.renew": 1}
    await store.renew([lease], at(15.1))
    assert meter.requests == {"runs.renew": 3}

    assert await store.acquire("ana", "r1", "two", now=at(15), until=at(20)) is None
    assert await store.acquire("ana", "r1", "two", now=at(15.2), until=at(20)) is not None


async def test_everything_of_a_user_lies_in_one_partition_without_names_in_ids(store, container):
    lease = await create(store, a_run("run-name", "thread-name", user="user-name"))
    await store.append(lease, 0, some_events(a_run("run-name", "thread-name", user="user-name"), 1, 2), OVER)

    items = await everything(container)

    assert {item["pk"] for item in items} == {items[0]["pk"]}
    assert not any("-name" in item["id"] + item["pk"] for item in items)
    assert {item["user_id"] for item in items if "user_id" in item} == {"user-name"}


async def test_a_deleted_thread_leaves_no_item_and_no_word(store, container, engine_on):
    noise = json.dumps(random.Random(3).choices(range(10**9), k=200_000))
    big = draft("agent_thinking", text=f"Zanzibar {noise}")
    engine = await engine_on(
        store, ScriptExecutor([*whole_turn("Quagga")[:2], big, *whole_turn("Quagga")[2:]])
    )
    run = await engine.start(ask("To Zanzibar", thread_id="doomed", context={"note": "Xylophone " * 900}))
    await engine.wait("ana", run.run_id)
    await engine.wait("ana", (await engine.start(ask(thread_id="doomed"))).run_id)
    assert len(await everything(container)) > 8

    await engine.delete_thread("ana", "doomed")

    (head,) = await everything(container)
    assert (head["id"], head["active"]) == ("head", {})


async def test_a_deletion_that_is_interrupted_anywhere_is_finished_by_the_next(store, container, monkeypatch):
    """Every number of batches is let through once; then the store breaks."""
    batch = Items.batch
    done = 0
    for allowed in range(30):
        run = a_run("r", "t")
        lease = await create(store, run)
        await store.append(lease, 0, some_events(run, 1, 3), GOING)
        left = [allowed]

        async def interrupted(self, pk, operations, left=left):
            if not left[0]:
                raise StoreError("cut", store="cosmos")
            left[0] -= 1
            return await batch(self, pk, operations)

        monkeypatch.setattr(Items, "batch", interrupted)
        try:
            await store.delete_thread("ana", "t")
            done += 1
        except StoreError:
            pass
        monkeypatch.setattr(Items, "batch", batch)
        if left[0] != allowed and done == 0:
            assert await store.deleting(datetime.now(UTC) + timedelta(hours=1)) == [("ana", "t")]
        await store.delete_thread("ana", "t")
        assert [item["id"] for item in await everything(container)] == ["head"]
        if done:
            break
    assert done == 1
    assert allowed >= 3


async def test_a_deleted_user_leaves_no_item_at_all(store, container):
    for number in range(40):
        run = a_run(f"r{number}", f"t{number}")
        await create(store, run, busy_limit=999)
    await store.put_secret("ticket", "d", "ana", datetime.now(UTC) + timedelta(seconds=60))

    assert len(await everything(container)) > 100

    assert len(await store.delete_user("ana")) == 40

    assert await everything(container) == []


async def test_large_parts_of_a_deleted_run_are_not_written_afterwards(store, container):
    run = a_run()
    lease = await create(store, run)
    noise = "".join(random.Random(5).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=2_000_000))
    event = an_event(run, 1).model_copy(update={"data": {"text": noise}})
    other = CosmosRunStore(container)
    await other.delete_thread("ana", "t")

    with pytest.raises(RunNotFoundError):
        await store.append(lease, 0, [event], GOING)

    assert [item["id"] for item in await everything(container)] == ["head"]


async def test_a_request_too_large_for_one_step_is_refused_and_nothing_of_it_stays(store, container):
    noise = "".join(random.Random(5).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=2_800_000))
    run = replace(a_run(), context={"note": noise})

    with pytest.raises(StoreError, match=r"takes \d+ bytes compressed, one step of Cosmos DB at most"):
        await create(store, run)

    assert await everything(container) == []


async def test_a_storm_of_throttled_answers_is_ridden_out_or_named(faulty, transport):
    transport.chosen = batches
    transport.refuse = [429, 429]
    lease = await create(faulty, a_run())

    transport.refuse = [429] * 3
    with pytest.raises(StoreError, match=r"'runs' answered 429 .*raise it, or lower the load") as caught:
        await faulty.append(lease, 0, some_events(a_run(), 1, 1), GOING)

    assert caught.value.store == "cosmos"
    await faulty.append(lease, 0, some_events(a_run(), 1, 1), GOING)
    assert [event.seq for event in await faulty.read("ana", "r1", 0)] == [1]


async def test_an_answer_that_is_lost_does_not_do_the_step_twice_or_undo_it(faulty, transport):
    transport.chosen = batches
    transport.lose_answers = 1
    lease = await create(faulty, a_run())
    transport.lose_answers = 1
    await faulty.append(lease, 0, some_events(a_run(), 1, 2), GOING)
    transport.lose_answers = 1
    await faulty.append(lease, 2, some_events(a_run(), 3, 3), OVER)

    assert [event.seq for event in await faulty.read("ana", "r1", 0)] == [1, 2, 3]
    assert len((await faulty.thread("ana", "t")).messages) == 1
    assert (await faulty.run("ana", "r1")).status is RunStatus.COMPLETED
    await create(faulty, a_run("r2"))


async def test_what_is_refused_for_good_names_the_role(faulty, transport):
    transport.refuse = [403] * 20

    with pytest.raises(StoreError, match=r"answered 403 .*Built-in Data Contributor"):
        await faulty.check()


async def test_a_run_that_meets_a_storm_goes_on_when_it_is_over(faulty, transport, engine_on):
    gate = asyncio.Event()
    executor = ScriptExecutor([*whole_turn()[:3], gate, *whole_turn()[3:]])
    limits = RunLimits(lease_seconds=0.6, stop_seconds=1.0)
    engine = await engine_on(faulty, executor, limits=limits)
    run = await engine.start(ask())
    live = engine.follow("ana", run.run_id)
    for _ in range(3):
        await anext(live)
    transport.chosen = batches
    transport.refuse = [429] * 12
    gate.set()

    with pytest.raises(StoreError, match="429"):
        await anext(live)

    executor.script = [draft("agent_started", run="s2"), draft("agent_completed", run="s2", message="ok")]
    done = await asyncio.wait_for(engine.wait("ana", run.run_id), 20)
    assert done.status is RunStatus.COMPLETED
    assert broken_rules(await faulty.read("ana", run.run_id, 0)) == []


async def test_two_replicas_that_write_to_one_user_do_not_lose_a_run(container):
    stores = [CosmosRunStore(container) for _ in range(3)]
    runs = [a_run(f"r{n}", f"t{n}") for n in range(12)]

    leases = await asyncio.gather(*(create(stores[n % 3], run, busy_limit=99) for n, run in enumerate(runs)))
    await asyncio.gather(
        *(
            stores[(n + 1) % 3].append(leases[n], 0, some_events(run, 1, 1), OVER)
            for n, run in enumerate(runs)
        )
    )

    assert len(await stores[0].threads("ana", 99, None)) == 12
    (head,) = [item for item in await everything(container) if item["id"] == "head"]
    assert head["active"] == {}


async def test_the_bound_on_runs_holds_across_replicas(container):
    stores = [CosmosRunStore(container) for _ in range(3)]

    async def attempt(number):
        try:
            await create(stores[number % 3], a_run(f"r{number}", f"t{number}"), busy_limit=4)
        except LimitError:
            return 0
        return 1

    assert sum(await asyncio.gather(*(attempt(number) for number in range(9)))) == 4


async def test_with_a_lifetime_threads_runs_and_events_leave_by_themselves(container, database_clock):
    lifetime = database_clock.brief
    store = CosmosRunStore(container, ttl_seconds=lifetime)
    lease = await create(store, a_run())
    await store.append(lease, 0, some_events(a_run(), 1, 2), GOING)
    items = await everything(container)
    assert {item["ttl"] for item in items} == {lifetime}

    await database_clock.pass_by(lifetime + 2)

    with pytest.raises(RunNotFoundError):
        await store.run("ana", "r1")
    with pytest.raises(ThreadNotFoundError):
        await store.thread("ana", "t")
    assert await everything(container) == []
    await create(store, a_run("r2"))


async def test_a_run_that_expired_before_its_end_does_not_hold_its_thread(container):
    store = CosmosRunStore(container, ttl_seconds=3_600)
    await create(store, a_run())
    run = next(item for item in await everything(container) if item["type"] == "run")
    await container.delete_item(run["id"], run["pk"])

    await create(store, a_run("r2"))

    with pytest.raises(ThreadBusyError, match="r2"):
        await create(store, a_run("r3"))


async def test_a_secret_leaves_by_itself_and_does_not_show_what_it_was(store, container):
    await store.put_secret("ticket", "a digest", "ana", datetime.now(UTC) + timedelta(seconds=30))

    (item,) = await everything(container)

    assert 60 <= item["ttl"] <= 91
    assert "digest" not in json.dumps(item)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"partition_key": "/partition_key"}, r"has the partition key \['/partition_key'\].*needs \['/pk'\]"),
        ({"default_ttl": None}, "has defaultTtl None, the run store needs -1"),
    ],
)
async def test_a_container_of_another_shape_is_refused(
    cosmos_database: DatabaseProxy, changed: dict[str, Any], says: str
):
    key = PartitionKey(changed.get("partition_key", "/pk"))
    container = await cosmos_database.create_container(
        "runs", key, default_ttl=changed.get("default_ttl", -1)
    )

    with pytest.raises(StoreError, match=says):
        await CosmosRunStore(container).open()


async def test_a_container_that_the_caller_has_read_is_not_read_again(faulty, container, transport):
    properties = await container.read()
    transport.chosen = lambda request: True

    await faulty.open(properties)

    assert not [sent for sent in transport.sent if sent.endswith(f"/colls/{container.id}/")]
    with pytest.raises(StoreError, match="defaultTtl None"):
        await CosmosRunStore(container).open({**properties, "defaultTtl": None})


async def test_an_absent_container_is_named(cosmos_database: DatabaseProxy):
    with pytest.raises(StoreError, match="There is no container 'runs': deploy it"):
        await CosmosRunStore(cosmos_database.get_container_client("runs")).open()


async def test_followers_elsewhere_share_one_reader_that_slows_down(container, meter, store):
    """Nothing happens for two seconds: 50 followers cost what one does."""
    await create(CosmosRunStore(container), a_run())

    await asyncio.gather(*(store.changed("ana", "r1", 0, 2.0) for _ in range(50)))

    assert meter.requests["runs.changed"] <= 50 + 8


async def test_a_stale_owner_is_shut_out_though_it_remembers_its_run(container):
    one, two = CosmosRunStore(container), CosmosRunStore(container)
    lease = await create(one, a_run(), until=10)
    await one.append(lease, 0, some_events(a_run(), 1, 1), GOING)
    taken = await two.acquire("ana", "r1", "two", now=at(11), until=at(30))

    assert (await one.renew([lease], at(40))).lost == {"r1"}
    await one.release(lease)
    assert await two.expired(at(20)) == []
    await two.append(taken, 1, some_events(a_run(), 2, 2), OVER)


async def test_what_is_remembered_does_not_refuse_what_another_replica_has_allowed(container):
    one, two = CosmosRunStore(container), CosmosRunStore(container)
    lease = await create(one, a_run(), until=60)
    await two.release(lease)

    assert await one.acquire("ana", "r1", "one", now=at(11), until=at(30)) is not None

    await create(one, a_run("r2", "t2"), until=60)
    await two.delete_thread("ana", "t2")
    await create(one, a_run("r3", "t2"))
