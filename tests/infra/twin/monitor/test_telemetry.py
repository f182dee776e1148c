"""Telemetry kept in a file: traces as trees, bounds, and what outlives a restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.twin.arm.store import CorruptedStateError
from infra.twin.monitor.envelopes import rows
from infra.twin.monitor.telemetry import Telemetry
from tests.infra.twin.monitor.items import item, span

RUN = [
    # The exporter sends a span when it ends: children before their parents.
    span("execute_tool weather", "t1", "a2", after=3, seconds=0.5, success=False),
    item("ExceptionData", {"exceptions": [{"typeName": "OSError", "message": "no"}]}, parent="t1", after=3.4),
    span("invoke_agent other", "a3", "a1", after=5, seconds=1),
    span("invoke_agent worker", "a2", "a1", after=2, seconds=2),
    item("MessageData", {"message": "thinking"}, parent="a2", after=2.5),
    span("invoke_agent boss", "a1", "r", after=1, seconds=6),
    span("run", "r", "", after=0, seconds=8, properties={"seatrial.run_id": "run-1"}),
]


@pytest.fixture
def telemetry(tmp_path: Path) -> Iterator[Telemetry]:
    opened = Telemetry.open(tmp_path / "telemetry.db")
    opened.keep("/components/ai", [row for one in RUN for row in rows(one)])
    yield opened
    opened.close()


def test_a_run_is_a_tree_in_order_of_time(telemetry: Telemetry) -> None:
    (run,) = telemetry.tree("a" * 32)
    (boss,) = run.children
    worker, other = boss.children

    assert [run.name, boss.name, worker.name, other.name] == [
        "run",
        "invoke_agent boss",
        "invoke_agent worker",
        "invoke_agent other",
    ]
    assert (boss.offset, boss.seconds) == (1, 6)
    assert [note.text for note in worker.notes] == ["thinking"]
    (tool,) = worker.children
    assert (tool.name, tool.success, tool.offset) == ("execute_tool weather", False, 3)
    assert [(note.table, note.text) for note in tool.notes] == [("AppExceptions", "no")]


def test_a_span_whose_parent_never_came_is_a_root_and_a_ring_ends(telemetry: Telemetry) -> None:
    lost = [span("lost", "x", "absent", operation="b"), span("self", "y", "y", operation="b")]
    telemetry.keep("/components/ai", [row for one in lost for row in rows(one)])

    assert [one.name for one in telemetry.tree("b")] == ["lost", "self"]
    ring = [span("one", "1", "2", operation="c"), span("two", "2", "1", operation="c")]
    telemetry.keep("/components/ai", [row for one in ring for row in rows(one)])
    assert telemetry.tree("c") == ()
    assert telemetry.traces()[0].spans == 2


def test_a_trace_says_whose_run_it_was_and_what_failed(telemetry: Telemetry) -> None:
    found = telemetry.of_run("run-1")

    assert found is not None
    assert (found.name, found.seconds, found.spans, found.failed, found.exceptions) == ("run", 8, 5, 1, 1)
    assert found.component == "/components/ai"
    assert telemetry.of_run("run-2") is None


def test_the_newest_trace_comes_first_and_messages_alone_are_none(telemetry: Telemetry) -> None:
    telemetry.keep("/components/ai", rows(span("later", "z", operation="b", after=20)))
    telemetry.keep("/components/ai", rows(item("MessageData", {"message": "m"}, operation="c")))

    assert [trace.operation_id for trace in telemetry.traces()] == ["b", "a" * 32]
    assert [trace.name for trace in telemetry.traces(1)] == ["later"]
    assert [row.columns["Message"] for row in telemetry.rows("AppTraces")] == ["m", "thinking"]


def test_rows_are_counted_by_component_and_table(telemetry: Telemetry) -> None:
    telemetry.keep("/components/b", rows(item("EventData", {"name": "e"})))

    assert telemetry.counts() == {
        "/components/ai": {"AppDependencies": 5, "AppExceptions": 1, "AppTraces": 1},
        "/components/b": {"AppEvents": 1},
    }


def test_the_oldest_leave_when_there_are_too_many(tmp_path: Path) -> None:
    telemetry = Telemetry.open(tmp_path / "small.db", most_rows=10)
    for number in range(25):
        telemetry.keep("/c", rows(item("EventData", {"name": str(number)})))
    kept = [row.columns["Name"] for row in telemetry.rows("AppEvents")]
    telemetry.close()

    assert kept[0] == "24"
    assert 9 <= len(kept) <= 10
    assert kept == sorted(kept, key=int, reverse=True)


def test_the_oldest_leave_when_they_are_too_large(tmp_path: Path) -> None:
    telemetry = Telemetry.open(tmp_path / "small.db", most_bytes=20_000)
    for number in range(8):
        telemetry.keep("/c", rows(item("EventData", {"name": f"{number}" + "x" * 5_000})))
    kept = [row.columns["Name"][0] for row in telemetry.rows("AppEvents")]
    telemetry.close()

    assert kept == ["7", "6", "5"]


def test_telemetry_outlives_a_restart_and_so_do_its_bounds(telemetry: Telemetry, tmp_path: Path) -> None:
    telemetry.close()
    again = Telemetry.open(tmp_path / "telemetry.db", most_rows=7)

    assert again.of_run("run-1") is not None
    again.keep("/c", rows(item("EventData", {"name": "one more"})))
    assert sum(count for tables in again.counts().values() for count in tables.values()) <= 7
    again.close()


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.db"
    path.write_text("not a database, and long enough to be looked at as one" * 20)

    with pytest.raises(CorruptedStateError, match=r"telemetry\.db cannot be read"):
        Telemetry.open(path)
