"""Logs without secrets, and spans of runs."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.metrics.registry import Metrics
from app.settings import read_settings
from app.telemetry.late import LateExporter
from app.telemetry.logs import configure_logs
from app.telemetry.observed import ObservedExecutor
from app.telemetry.spans import RunSpans
from app.telemetry.tracing import Tracing
from frmk.events import EventDraft, EventType
from frmk.runs.executor import Turn

TURN = Turn(
    run_id="r1", user="ann", thread_id="t1", message="hello", context={}, goal="travel_planning", attempt=1
)


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    before = structlog.get_config(), logging.root.handlers[:], logging.root.level
    output = io.StringIO()
    configure_logs("INFO", output)
    yield output
    structlog.configure(**before[0])
    logging.root.handlers[:], logging.root.level = before[1], before[2]


async def test_logs_name_run_and_thread_but_neither_user_nor_words(
    logs: io.StringIO, client: httpx.AsyncClient, ann: dict[str, str]
) -> None:
    body = {"message": "my secret plan", "thread_id": "t1"}
    run_id = (await client.post("/api/v1/message", json=body, headers=ann)).json()["run_id"]

    lines = [json.loads(line) for line in logs.getvalue().splitlines()]

    assert {"run started", "run ended", "request"} <= {line["event"] for line in lines}
    ended = next(line for line in lines if line["event"] == "run ended")
    assert (ended["run_id"], ended["thread_id"], ended["level"]) == (run_id, "t1", "info")
    assert "secret plan" not in str(lines)
    assert ann["Authorization"].split()[1] not in str(lines)
    assert not [line for line in lines if line.get("user") == "ann"]


async def test_a_defect_is_recorded_as_500(
    client: httpx.AsyncClient, ann: dict[str, str], backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(backend.store, "threads", broken)
    await client.get("/api/v1/threads", headers=ann)

    page = (await client.get("/metrics", headers=ann)).text
    requests = [line for line in page.splitlines() if 'route="/api/v1/threads"' in line and "status=" in line]
    assert requests
    assert all('status="500"' in line for line in requests)


def test_a_ticket_in_a_foreign_log_line_is_hidden(logs: io.StringIO) -> None:
    logging.getLogger("some.library").info('%s - "WebSocket %s"', "host", "/ws?ticket=abc123&x=1")

    line = json.loads(logs.getvalue())

    assert "abc123" not in str(line)
    assert line["event"].startswith('host - "WebSocket /ws?ticket=')


async def test_spans_nest_as_run_agent_and_tool(backend: Any) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = Tracing(read_settings({"SEATRIAL_AUTH": "open"}))
    tracing.tracer = provider.get_tracer("test")

    async for _ in ObservedExecutor(backend.executor, Metrics(), tracing).execute(TURN):
        pass

    spans = {span.name: span for span in exporter.get_finished_spans()}
    parents = {"tool budget": "agent planner", "agent planner": "agent supervisor", "agent supervisor": "run"}
    assert {name: spans[parent].context for name, parent in parents.items()} == {
        name: spans[name].parent for name in parents
    }
    assert (spans["run"].attributes or {})["seatrial.outcome"] == "completed"
    assert "ann" not in (spans["run"].attributes or {}).values()


def test_a_runs_span_says_what_the_run_took_and_cost() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans = RunSpans(provider.get_tracer("test"), TURN)
    price = {"currency": "USD", "total": "0.0012"}
    worker = {"model": "m", "input_tokens": 7, "request_units": 9.0}
    all_of_it = {"model": "m", "input_tokens": 70, "output_tokens": 5}
    supervisor = {"agent_run_id": "1", "parent_run_id": None}

    spans.saw(EventDraft(type=EventType.AGENT_STARTED, agent="supervisor", data=supervisor))
    for data in (
        {"agent_run_id": "2", "parent_run_id": "1", "usage": worker},
        {**supervisor, "usage": {**all_of_it, "price": price}},
    ):
        spans.saw(EventDraft(type=EventType.AGENT_COMPLETED, agent="any", data=data))
    spans.close("completed")

    (run,) = (span.attributes for span in exporter.get_finished_spans() if span.name == "run")
    assert run is not None
    assert (run["gen_ai.response.model"], run["gen_ai.usage.input_tokens"]) == ("m", 70)
    assert (run["seatrial.price"], run["seatrial.currency"]) == ("0.0012", "USD")
    assert "seatrial.request_units" not in run


async def test_an_interrupted_run_leaves_no_span_open(backend: Any) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = Tracing(read_settings({"SEATRIAL_AUTH": "open"}))
    tracing.tracer = provider.get_tracer("test")
    drafts = ObservedExecutor(backend.executor, Metrics(), tracing).execute(TURN)

    for _ in range(4):
        await anext(drafts)
    await drafts.aclose()  # type: ignore[attr-defined]  # an async generator, typed as an iterator

    assert len(exporter.get_finished_spans()) == 4


def test_what_ended_before_there_was_an_exporter_is_sent_by_it() -> None:
    made: list[InMemorySpanExporter] = []
    late = LateExporter(lambda: made.append(InMemorySpanExporter()) or made[0])
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(late, schedule_delay_millis=60_000))

    provider.get_tracer("test").start_span("first").end()
    assert made == []
    provider.force_flush()
    provider.get_tracer("test").start_span("second").end()
    provider.shutdown()

    (exporter,) = made
    assert [span.name for span in exporter.get_finished_spans()] == ["first", "second"]


def test_an_exporter_that_cannot_be_made_is_said_once_and_stops_nothing(logs: io.StringIO) -> None:
    def broken() -> SpanExporter:
        raise ValueError("no such endpoint")

    late = LateExporter(broken)

    assert [late.export(()), late.export(())] == [SpanExportResult.FAILURE] * 2
    late.shutdown()
    (line,) = map(json.loads, logs.getvalue().splitlines())
    assert (line["event"], line["reason"]) == ("traces are off", "ValueError('no such endpoint')")


async def test_nothing_is_traced_without_an_endpoint() -> None:
    tracing = Tracing(read_settings({"SEATRIAL_AUTH": "open"}))

    tracing.open()
    await tracing.prepare()

    assert tracing.tracer is None
    await tracing.close()
