"""Logs without secrets, and spans of runs."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from app.metrics.registry import Metrics
from app.opening import open_backend
from app.settings import read_settings
from app.telemetry.calls import ModelCalls
from app.telemetry.late import LateExporter
from app.telemetry.logs import configure_logs
from app.telemetry.observed import ObservedExecutor
from app.telemetry.spans import RunSpans
from app.telemetry.tracing import Tracing
from frmk.events import EventDraft, EventType
from frmk.llm.calls import ModelCall, Spent
from frmk.runs.executor import Turn
from tests.model_calls import model_call

TURN = Turn(
    run_id="r1", user="ann", thread_id="t1", message="hello", context={}, goal="travel_planning", attempt=1
)


class Recorded:
    """Record spans as they end."""

    def __init__(self) -> None:
        self._exporter, provider = InMemorySpanExporter(), TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("test")

    def tracing(self) -> Tracing:
        tracing = Tracing(read_settings({"SEATRIAL_AUTH": "open"}))
        tracing.tracer = self.tracer
        return tracing

    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


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


async def test_spans_nest_as_run_agent_and_tool(backend: Any, recorded: Recorded) -> None:
    tracing = recorded.tracing()

    async for _ in ObservedExecutor(backend.executor, Metrics(), tracing, ModelCalls()).execute(TURN):
        pass

    spans = {span.name: span for span in recorded.spans()}
    parents = {
        "execute_tool budget": "invoke_agent planner",
        "invoke_agent planner": "invoke_agent supervisor",
        "invoke_agent supervisor": "run",
    }
    assert {name: spans[parent].context for name, parent in parents.items()} == {
        name: spans[name].parent for name in parents
    }
    assert (spans["run"].attributes or {})["seatrial.outcome"] == "completed"
    assert "ann" not in (spans["run"].attributes or {}).values()


def test_a_runs_span_says_what_the_run_took_and_cost(recorded: Recorded) -> None:
    spans = RunSpans(recorded.tracer, TURN)
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

    (run,) = (span.attributes for span in recorded.spans() if span.name == "run")
    assert run is not None
    assert (run["gen_ai.response.model"], run["gen_ai.usage.input_tokens"]) == ("m", 70)
    assert (run["seatrial.price"], run["seatrial.currency"]) == ("0.0012", "USD")
    assert "seatrial.request_units" not in run


def test_a_call_of_a_model_is_a_span_of_the_agent_that_asked(recorded: Recorded) -> None:
    spans = RunSpans(recorded.tracer, TURN)
    agent = {"agent_run_id": "1", "parent_run_id": None}

    # The agent's event is on its way while its first call is over already.
    spans.called(model_call())
    spans.saw(EventDraft(type=EventType.AGENT_STARTED, agent="supervisor", data=agent))
    spans.called(model_call(error="TimeoutError", began=4_000, ended=9_000))
    spans.called(model_call(agent_run_id="unknown"))
    spans.saw(EventDraft(type=EventType.AGENT_COMPLETED, agent="supervisor", data=agent))
    spans.close("completed")

    first, failed, asker, stray, run = recorded.spans()
    assert (first.name, asker.name, run.name) == ("chat gpt-4.1-mini", "invoke_agent supervisor", "run")
    assert (first.parent, failed.parent, stray.parent) == (asker.context, asker.context, run.context)
    assert (first.start_time, first.end_time, first.kind) == (1_000, 3_000, SpanKind.CLIENT)
    assert dict(first.attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "azure.ai.openai",
        "gen_ai.system": "azure.ai.openai",
        "gen_ai.request.model": "gpt-4.1-mini",
        "gen_ai.request.temperature": 0.1,
        "gen_ai.request.max_tokens": 60,
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 3,
        "seatrial.estimated": False,
    }
    assert first.status.is_ok or first.status.is_unset
    assert (failed.status.is_ok, (failed.attributes or {})["error.type"]) == (False, "TimeoutError")
    assert (asker.attributes or {})["gen_ai.agent.name"] == "supervisor"
    assert (asker.attributes or {})["gen_ai.conversation.id"] == TURN.thread_id


def test_what_was_called_off_is_no_failure_and_what_counted_nothing_says_nothing(recorded: Recorded) -> None:
    spans = RunSpans(recorded.tracer, TURN)

    spans.called(model_call(error="CancelledError", spent=Spent()))
    spans.close("interrupted")

    stopped, _ = recorded.spans()
    assert stopped.status.is_unset
    assert (stopped.attributes or {})["error.type"] == "CancelledError"
    assert not [name for name in stopped.attributes or {} if "usage" in name]


def test_a_failed_agent_names_its_error_and_a_failed_tool_hides_what_it_said(recorded: Recorded) -> None:
    spans = RunSpans(recorded.tracer, TURN)
    agent = {"agent_run_id": "1", "parent_run_id": None}
    used = {**agent, "tool": "weather", "tool_call_id": "c"}

    for kind, data in (
        (EventType.AGENT_STARTED, agent),
        (EventType.TOOL_EXECUTING, used),
        (EventType.TOOL_COMPLETED, {**used, "error": "No city 'my secret plan'."}),
        (EventType.AGENT_FAILED, {**agent, "error": "AgentTimeoutError", "detail": "my secret plan"}),
    ):
        spans.saw(EventDraft(type=kind, agent="boss", data=data))

    tool, boss = ((span.attributes or {})["error.type"] for span in recorded.spans())
    assert (tool, boss) == ("_OTHER", "AgentTimeoutError")
    assert "secret" not in str([span.to_json() for span in recorded.spans()])


async def test_calls_of_the_real_graph_become_spans_of_its_agents(recorded: Recorded) -> None:
    settings = read_settings({"SEATRIAL_AUTH": "open", "SEATRIAL_MODEL": "scripted"})
    tracing = recorded.tracing()

    async with open_backend(settings) as opened:
        observed = ObservedExecutor(opened.executor, Metrics(), tracing, opened.calls)
        async for _ in observed.execute(replace(TURN, message="What is the weather like in Rome in June?")):
            pass

    spans = {span.name: span for span in recorded.spans()}
    assert spans["chat scripted"].parent == spans["invoke_agent supervisor"].context


async def test_calls_reach_the_run_that_they_are_part_of_and_no_other(
    backend: Any, recorded: Recorded
) -> None:
    tracing = recorded.tracing()
    calls = ModelCalls()

    calls.made(TURN.run_id, model_call())
    async for _ in ObservedExecutor(backend.executor, Metrics(), tracing, calls).execute(TURN):
        calls.made("another run", model_call())
        calls.made(TURN.run_id, model_call(model="heard"))
    calls.made(TURN.run_id, model_call())

    assert {span.name for span in recorded.spans() if "chat" in span.name} == {"chat heard"}


def test_an_attempt_that_ends_late_does_not_silence_the_next_one() -> None:
    calls, heard = ModelCalls(), []
    first = calls.of("r", lambda _: heard.append("first"))
    first.__enter__()
    with calls.of("r", lambda _: heard.append("second")):
        first.__exit__(None, None, None)
        calls.made("r", model_call())

    assert heard == ["second"]


def test_a_listener_that_breaks_does_not_break_the_run(logs: io.StringIO) -> None:
    def broken(_: ModelCall) -> None:
        raise ZeroDivisionError("inside")

    calls = ModelCalls()
    with calls.of("r", broken):
        calls.made("r", model_call())

    assert "a model's call was not traced" in logs.getvalue()


async def test_an_interrupted_run_leaves_no_span_open(backend: Any, recorded: Recorded) -> None:
    tracing = recorded.tracing()
    drafts = ObservedExecutor(backend.executor, Metrics(), tracing, ModelCalls()).execute(TURN)

    for _ in range(4):
        await anext(drafts)
    await drafts.aclose()  # type: ignore[attr-defined]  # an async generator, typed as an iterator

    assert len(recorded.spans()) == 4


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
