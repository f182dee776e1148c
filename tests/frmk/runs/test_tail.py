import asyncio
from datetime import UTC, datetime

from frmk.events import Event, EventType
from frmk.runs.tail import Tail


def events(first, last):
    return [
        Event(
            type=EventType.AGENT_THINKING,
            run_id="r",
            thread_id="t",
            seq=seq,
            time=datetime(2026, 11, 21, tzinfo=UTC),
            agent="a",
        )
        for seq in range(first, last + 1)
    ]


def test_a_tail_begins_where_an_earlier_replica_stopped():
    tail = Tail(10)
    tail.publish(events(11, 13))

    assert [event.seq for event in tail.since(11)] == [12, 13]
    assert list(tail.since(13)) == list(tail.since(99)) == []
    assert tail.since(9) is None


def test_a_long_run_keeps_its_newest_events_only():
    tail = Tail(0)
    for first in range(1, 10_001, 100):
        tail.publish(events(first, first + 99))

    oldest = next(after for after in range(10_000) if tail.since(after) is not None)
    assert 2_000 <= 10_000 - oldest <= 4_000
    assert [event.seq for event in tail.since(oldest)] == list(range(oldest + 1, 10_001))


async def test_every_reader_is_woken_by_news_and_by_the_end():
    tail = Tail(0)
    readers = [asyncio.create_task(tail.changed()) for _ in range(3)]
    await asyncio.sleep(0)

    tail.publish(events(1, 1))
    await asyncio.wait_for(asyncio.gather(*readers), 1)

    last = asyncio.create_task(tail.changed())
    await asyncio.sleep(0)
    tail.end()
    await asyncio.wait_for(last, 1)
    assert tail.ended
