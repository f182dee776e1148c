"""What every store must do; a new store joins by a parameter of `open_store` in conftest."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from frmk.errors import (
    LeaseLostError,
    LimitError,
    RunNotFoundError,
    RunOverError,
    SequenceConflictError,
    ThreadBusyError,
    ThreadNotFoundError,
)
from frmk.events import Event, EventType
from frmk.runs.models import Lease, Message, Run, Usage
from frmk.runs.states import RunStatus
from frmk.runs.store import RunChange

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def a_run(run_id="r1", thread_id="t", user="ana", created=NOW):
    return Run(
        run_id=run_id,
        thread_id=thread_id,
        user=user,
        goal="g",
        message=f"Message of {run_id} \u0000 ü 🚢",
        context={"a": [1, {"b": None}]},
        status=RunStatus.PENDING,
        created_at=created,
        updated_at=created,
    )


def a_lease(run, owner="one", until=10.0):
    return Lease(user=run.user, run_id=run.run_id, owner=owner, attempt=1, until=at(until))


def an_event(run, seq, *, final=False):
    data = {"text": f"{run.user} {run.run_id} {seq} ü", "n": 1.5}
    return Event(
        type=EventType.AGENT_THINKING,
        run_id=run.run_id,
        thread_id=run.thread_id,
        seq=seq,
        time=at(seq),
        agent="a",
        data=data,
        final=final,
    )


def some_events(run, first, last):
    return [an_event(run, seq) for seq in range(first, last + 1)]


GOING = RunChange(status=RunStatus.RUNNING, updated_at=at(1))
OVER = RunChange(status=RunStatus.COMPLETED, updated_at=at(5), usage=Usage(model="m", input_tokens=2))


async def create(store, run, owner="one", busy_limit=8, until=10.0):
    lease = a_lease(run, owner, until)
    await store.create_run(run, lease, title=f"Title of {run.run_id}", busy_limit=busy_limit)
    return lease


async def test_a_run_is_returned_as_it_was_created(store):
    await create(store, a_run())

    assert await store.run("ana", "r1") == a_run()


async def test_creating_a_run_makes_its_thread_with_the_users_message(store):
    await create(store, a_run())

    thread = await store.thread("ana", "t")
    assert (thread.user, thread.created_at, thread.updated_at) == ("ana", NOW, NOW)
    assert thread.title == "Title of r1"
    assert thread.messages == (Message(role="user", content=a_run().message, time=NOW, run_id="r1"),)


async def test_a_thread_keeps_its_first_title(store):
    lease = await create(store, a_run())
    await store.append(lease, 0, some_events(a_run(), 1, 1), OVER)
    await create(store, a_run("r2", created=at(9)))

    thread = await store.thread("ana", "t")
    assert (thread.title, thread.created_at, thread.updated_at) == ("Title of r1", NOW, at(9))


@pytest.mark.parametrize("method", ["run", "request_cancel"])
async def test_another_users_run_is_unknown(store, method):
    await create(store, a_run())

    with pytest.raises(RunNotFoundError):
        await getattr(store, method)("bob", "r1")


async def test_another_users_thread_is_unknown(store):
    await create(store, a_run())

    with pytest.raises(ThreadNotFoundError):
        await store.thread("bob", "t")
    with pytest.raises(ThreadNotFoundError):
        await store.begin_delete("bob", "t")
    assert await store.threads("bob", 10, None) == []
    assert await store.read("bob", "r1", 0) == []


async def test_two_users_may_have_the_same_ids(store):
    mine = await create(store, a_run())
    await create(store, a_run(user="bob"))

    await store.append(mine, 0, some_events(a_run(), 1, 2), GOING)

    assert (await store.run("bob", "r1")).last_seq == 0
    assert [e.data["text"][:3] for e in await store.read("ana", "r1", 0)] == ["ana", "ana"]


async def test_a_busy_thread_takes_no_second_run(store):
    await create(store, a_run())

    with pytest.raises(ThreadBusyError, match="r1"):
        await create(store, a_run("r2"))
    with pytest.raises(RunNotFoundError):
        await store.run("ana", "r2")
    assert len((await store.thread("ana", "t")).messages) == 1


async def test_only_one_of_many_starts_at_once_wins_the_thread(open_store):
    stores = [await open_store() for _ in range(3)]

    async def attempt(number):
        try:
            await create(stores[number % 3], a_run(f"r{number}"))
        except ThreadBusyError:
            return 0
        return 1

    assert sum(await asyncio.gather(*(attempt(number) for number in range(9)))) == 1


async def test_runs_of_a_user_are_bounded(store):
    await create(store, a_run("r1", "t1"), busy_limit=2)
    lease = await create(store, a_run("r2", "t2"), busy_limit=2)

    with pytest.raises(LimitError, match="2 runs under way, allowed are 2"):
        await create(store, a_run("r3", "t3"), busy_limit=2)

    assert [t.thread_id for t in await store.threads("ana", 9, None)] == ["t2", "t1"]
    await store.append(lease, 0, some_events(a_run("r2", "t2"), 1, 1), OVER)
    await create(store, a_run("r3", "t3"), busy_limit=2)


async def test_events_come_back_in_order_as_they_were(store):
    lease = await create(store, a_run())

    await store.append(lease, 0, some_events(a_run(), 1, 3), GOING)
    await store.append(lease, 3, some_events(a_run(), 4, 5), GOING)

    assert await store.read("ana", "r1", 0) == some_events(a_run(), 1, 5)
    assert await store.read("ana", "r1", 1, limit=2) == some_events(a_run(), 2, 3)
    assert await store.read("ana", "r1", 5) == []
    assert [e.line for e in await store.read("ana", "r1", 4)] == [an_event(a_run(), 5).line]


async def test_appending_changes_the_run_in_the_same_step(store):
    lease = await create(store, a_run())

    await store.append(lease, 0, some_events(a_run(), 1, 2), GOING)

    expected = replace(a_run(), status=RunStatus.RUNNING, updated_at=at(1), last_seq=2)
    assert await store.run("ana", "r1") == expected


@pytest.mark.parametrize("after", [0, 1, 3])
async def test_a_wrong_number_is_a_conflict_and_changes_nothing(store, after):
    lease = await create(store, a_run())
    await store.append(lease, 0, some_events(a_run(), 1, 2), GOING)

    with pytest.raises(SequenceConflictError) as caught:
        await store.append(lease, after, some_events(a_run(), after + 1, after + 1), OVER)

    assert (caught.value.expected, caught.value.actual) == (after, 2)
    assert (await store.run("ana", "r1")).status is RunStatus.RUNNING
    assert len(await store.read("ana", "r1", 0)) == 2


async def test_the_end_keeps_messages_usage_and_error_and_frees_the_thread(store):
    lease = await create(store, a_run())
    said = Message(
        role="tool", content="{}", time=at(4), run_id="r1", agent="w", tool="forecast", tool_call_id="c"
    )

    await store.append(
        lease, 0, some_events(a_run(), 1, 1), replace(OVER, messages=(said,), error="E: what happened")
    )

    run = await store.run("ana", "r1")
    assert (run.over, run.usage, run.error) == (True, OVER.usage, "E: what happened")
    thread = await store.thread("ana", "t")
    assert (thread.messages[1:], thread.updated_at) == ((said,), at(5))
    await create(store, a_run("r2"))


async def test_nothing_is_added_to_a_run_that_is_over(store):
    lease = await create(store, a_run())
    await store.append(lease, 0, some_events(a_run(), 1, 1), OVER)

    with pytest.raises(LeaseLostError):
        await store.append(lease, 1, some_events(a_run(), 2, 2), GOING)
    with pytest.raises(RunOverError, match="completed"):
        await store.request_cancel("ana", "r1")
    assert await store.acquire("ana", "r1", "two", now=at(99), until=at(100)) is None
    assert await store.expired(at(99)) == []
    assert (await store.renew([lease], at(100))).lost == {"r1"}


async def test_a_held_run_cannot_be_acquired(store):
    await create(store, a_run(), until=10)

    assert await store.acquire("ana", "r1", "two", now=at(9), until=at(20)) is None
    assert await store.acquire("ana", "r9", "two", now=at(9), until=at(20)) is None
    assert await store.expired(at(9)) == []


async def test_an_expired_run_goes_to_its_next_owner_who_shuts_the_first_one_out(store):
    first = await create(store, a_run(), until=10)
    await store.append(first, 0, some_events(a_run(), 1, 2), GOING)
    assert await store.expired(at(10)) == [("ana", "r1")]

    second = await store.acquire("ana", "r1", "two", now=at(10), until=at(20))

    assert (second.owner, second.attempt) == ("two", 2)
    run = await store.run("ana", "r1")
    assert (run.attempt, run.status, run.last_seq) == (2, RunStatus.INITIALIZING, 2)
    with pytest.raises(LeaseLostError, match="'one'"):
        await store.append(first, 2, some_events(a_run(), 3, 3), GOING)
    await store.append(second, 2, some_events(a_run(), 3, 3), GOING)


async def test_an_owner_of_the_same_name_is_shut_out_by_its_attempt(store):
    first = await create(store, a_run(), until=10)

    second = await store.acquire("ana", "r1", "one", now=at(11), until=at(20))

    with pytest.raises(LeaseLostError):
        await store.append(first, 0, some_events(a_run(), 1, 1), GOING)
    assert (await store.renew([first], at(30))).lost == {"r1"}
    assert (await store.renew([second], at(30))).lost == frozenset()


async def test_only_one_of_many_owners_acquires_a_run(open_store):
    stores = [await open_store() for _ in range(3)]
    await create(stores[0], a_run(), until=0)

    leases = await asyncio.gather(
        *(stores[n % 3].acquire("ana", "r1", f"o{n}", now=at(1), until=at(9)) for n in range(9))
    )

    assert sum(lease is not None for lease in leases) == 1


async def test_renewing_prolongs_and_releasing_ends_a_lease(store):
    lease = await create(store, a_run(), until=10)

    await store.renew([lease], at(60))
    assert await store.acquire("ana", "r1", "two", now=at(30), until=at(40)) is None
    await store.release(lease)

    assert await store.expired(at(30)) == [("ana", "r1")]
    assert await store.acquire("ana", "r1", "two", now=at(30), until=at(40)) is not None


async def test_a_lost_lease_is_not_released_under_its_new_owner(store):
    first = await create(store, a_run(), until=0)
    await store.acquire("ana", "r1", "two", now=at(1), until=at(40))

    await store.release(first)

    assert await store.expired(at(30)) == []


async def test_an_owner_learns_of_a_cancellation_when_it_renews(store):
    lease = await create(store, a_run())
    other = await create(store, a_run("r2", "t2"))
    assert (await store.renew([lease, other], at(20))).cancelled == frozenset()

    assert (await store.request_cancel("ana", "r1")).cancel_requested

    assert (await store.renew([lease, other], at(20))).cancelled == {"r1"}
    assert (await store.run("ana", "r1")).cancel_requested


async def test_a_change_wakes_whoever_waits_on_any_handle(open_store):
    writer, reader = await open_store(), await open_store()
    lease = await create(writer, a_run())
    waiting = asyncio.create_task(reader.changed("ana", "r1", 0, 20.0))
    await asyncio.sleep(0.2)
    assert not waiting.done()

    await writer.append(lease, 0, some_events(a_run(), 1, 1), GOING)

    await asyncio.wait_for(waiting, 5)


async def test_waiting_returns_at_once_for_old_news_and_after_its_time_for_none(store):
    lease = await create(store, a_run())
    await store.append(lease, 0, some_events(a_run(), 1, 3), GOING)

    await asyncio.wait_for(store.changed("ana", "r1", 2, 20.0), 5)
    await asyncio.wait_for(store.changed("ana", "unknown", 0, 20.0), 5)
    await asyncio.wait_for(store.changed("ana", "r1", 3, 0.05), 5)
    await store.append(lease, 3, some_events(a_run(), 4, 4), OVER)
    await asyncio.wait_for(store.changed("ana", "r1", 4, 20.0), 5)


async def test_deletion_wakes_whoever_waits(store):
    await create(store, a_run())
    waiting = asyncio.create_task(store.changed("ana", "r1", 0, 20.0))
    await asyncio.sleep(0.05)

    await store.delete_thread("ana", "t")

    await asyncio.wait_for(waiting, 5)


async def test_threads_are_listed_last_updated_first_and_by_id_among_equals(store):
    for number, thread in enumerate(["b", "a", "c", "d"]):
        await create(store, a_run(f"r{number}", thread, created=at(number // 2)))

    found = await store.threads("ana", 3, None)
    rest = await store.threads("ana", 3, (found[-1].updated_at, found[-1].thread_id))

    assert [t.thread_id for t in found] == ["d", "c", "b"]
    assert [t.thread_id for t in rest] == ["a"]
    assert found[0].title == "Title of r3"


async def test_a_thread_being_deleted_is_hidden_and_takes_no_run(store):
    await create(store, a_run())

    assert await store.begin_delete("ana", "t") == ["r1"]

    with pytest.raises(ThreadNotFoundError):
        await store.thread("ana", "t")
    assert await store.threads("ana", 9, None) == []
    with pytest.raises(ThreadBusyError, match="being deleted"):
        await create(store, a_run("r2"))
    assert await store.begin_delete("ana", "t") == ["r1"]


async def test_a_deleted_thread_leaves_nothing_and_others_stay(store):
    lease = await create(store, a_run())
    await store.append(lease, 0, some_events(a_run(), 1, 2), GOING)
    await create(store, a_run("r2", "t2"))
    await create(store, a_run("r3", "t", user="bob"))

    await store.delete_thread("ana", "t")

    with pytest.raises(RunNotFoundError):
        await store.run("ana", "r1")
    with pytest.raises(RunNotFoundError):
        await store.append(lease, 2, some_events(a_run(), 3, 3), GOING)
    assert await store.read("ana", "r1", 0) == []
    assert [t.thread_id for t in await store.threads("ana", 9, None)] == ["t2"]
    assert (await store.thread("bob", "t")).messages[0].run_id == "r3"
    await create(store, a_run("r4"))
    assert len((await store.thread("ana", "t")).messages) == 1


async def test_a_deletion_that_broke_off_is_named_until_it_is_done(store):
    await create(store, a_run())
    await create(store, a_run("r2", "t2"))
    before = datetime.now(UTC)
    assert await store.deleting(before + timedelta(hours=1)) == []

    await store.begin_delete("ana", "t")

    later = datetime.now(UTC) + timedelta(seconds=1)
    assert await store.deleting(before) == []
    assert await store.deleting(later) == [("ana", "t")]
    await store.delete_thread("ana", "t")
    assert await store.deleting(later) == []


async def test_beginning_a_deletion_again_begins_its_time_anew(store):
    await create(store, a_run())
    await store.begin_delete("ana", "t")
    await asyncio.sleep(0.01)
    moment = datetime.now(UTC)
    await asyncio.sleep(0.01)

    await store.begin_delete("ana", "t")

    assert await store.deleting(moment) == []


async def test_deletions_are_named_up_to_a_limit(store):
    for number in range(4):
        await create(store, a_run(f"r{number}", f"t{number}", user=f"u{number}"))
        await store.begin_delete(f"u{number}", f"t{number}")

    found = await store.deleting(datetime.now(UTC) + timedelta(seconds=1), limit=3)

    assert len(set(found)) == 3


async def test_a_deleted_user_leaves_nothing_and_others_stay(store):
    lease = await create(store, a_run())
    await store.append(lease, 0, some_events(a_run(), 1, 2), GOING)
    ended = await create(store, a_run("r2", "t2"))
    await store.append(ended, 0, some_events(a_run("r2", "t2"), 1, 1), OVER)
    await create(store, a_run("r3", "t3"))
    await store.begin_delete("ana", "t3")
    await create(store, a_run(user="bob"))
    soon = datetime.now(UTC) + timedelta(seconds=30)
    await store.put_secret("session", "d1", "ana", soon)
    await store.put_secret("session", "d2", "bob", soon)

    assert sorted(await store.delete_user("ana")) == ["t", "t2", "t3"]

    now = datetime.now(UTC)
    for run_id in ("r1", "r2", "r3"):
        with pytest.raises(RunNotFoundError):
            await store.run("ana", run_id)
        assert await store.read("ana", run_id, 0) == []
    with pytest.raises(RunNotFoundError):
        await store.append(lease, 2, some_events(a_run(), 3, 3), GOING)
    assert await store.threads("ana", 9, None) == []
    assert await store.deleting(now + timedelta(hours=1)) == []
    assert await store.peek_secret("session", "d1", now) is None
    assert await store.peek_secret("session", "d2", now) == "bob"
    assert (await store.run("bob", "r1")).message == a_run().message
    assert await store.delete_user("ana") == []
    await create(store, a_run())
    assert len((await store.thread("ana", "t")).messages) == 1


async def test_deleting_a_user_wakes_whoever_waits(store):
    await create(store, a_run())
    waiting = asyncio.create_task(store.changed("ana", "r1", 0, 20.0))
    await asyncio.sleep(0.05)

    await store.delete_user("ana")

    await asyncio.wait_for(waiting, 5)


async def test_a_large_request_large_events_and_a_large_answer_come_back_as_they_were(store):
    noise = "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyz0123456789ü🚢", k=1_200_000))
    run = replace(a_run(), message=noise[:30_000], context={"note": noise[:250_000]})
    lease = await create(store, run)
    events = [an_event(run, seq).model_copy(update={"data": {"text": noise}}) for seq in range(1, 6)]
    said = Message(role="tool", content=noise, time=at(4), run_id="r1", agent="w", tool="t", tool_call_id="c")

    await store.append(lease, 0, events[:1], GOING)
    await store.append(lease, 1, events[1:], replace(OVER, messages=(said, said)))

    found = await store.run("ana", "r1")
    assert (found.message, found.context) == (run.message, run.context)
    assert await store.read("ana", "r1", 0) == events
    assert await store.read("ana", "r1", 2, limit=2) == events[2:4]
    asked, *told = (await store.thread("ana", "t")).messages
    assert (asked.content, told) == (run.message, [said, said])


async def test_a_long_run_is_read_in_pieces(store):
    lease = await create(store, a_run())
    for first in range(1, 600, 30):
        await store.append(lease, first - 1, some_events(a_run(), first, first + 29), GOING)

    found = await store.read("ana", "r1", 0)
    found += await store.read("ana", "r1", len(found))

    assert [event.seq for event in found] == list(range(1, 601))
    assert [event.seq for event in await store.read("ana", "r1", 44, limit=3)] == [45, 46, 47]


async def test_names_of_any_characters_are_kept_apart(store):
    users = ["a/b", "a#b", "a?b", "a\\b", "ü🚢", "a b", "x" * 512, ".."]
    for user in users:
        await create(store, a_run(user=user))

    for user in users:
        assert (await store.run(user, "r1")).user == user
        assert [thread.user for thread in await store.threads(user, 9, None)] == [user]


async def test_a_secret_is_taken_once(store):
    await store.put_secret("ticket", "d1", "ana", datetime.now(UTC) + timedelta(seconds=30))
    now = datetime.now(UTC)

    assert await store.take_secret("session", "d1", now) is None
    assert await store.peek_secret("ticket", "d1", now) == "ana"
    assert await store.take_secret("ticket", "d1", now) == "ana"
    assert await store.take_secret("ticket", "d1", now) is None
    assert await store.peek_secret("ticket", "d1", now) is None


async def test_only_one_of_many_takes_a_secret(open_store):
    stores = [await open_store() for _ in range(3)]
    now = datetime.now(UTC)
    await stores[0].put_secret("ticket", "d1", "ana", now + timedelta(seconds=30))

    users = await asyncio.gather(*(stores[n % 3].take_secret("ticket", "d1", now) for n in range(9)))

    assert sorted(user for user in users if user) == ["ana"]


async def test_an_expired_secret_is_worth_nothing(store):
    soon = datetime.now(UTC) + timedelta(seconds=30)
    await store.put_secret("ticket", "d1", "ana", soon)

    assert await store.peek_secret("ticket", "d1", soon) is None
    assert await store.take_secret("ticket", "d1", soon + timedelta(seconds=1)) is None


async def test_a_store_may_be_opened_twice_and_checked(store):
    await store.open()

    await store.check()
    assert store.name in {"memory", "sqlite", "cosmos"}
