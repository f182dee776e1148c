"""The workbook's queries and the app's spans agree on names: of spans and of what they carry."""

import re

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.telemetry.spans import RunSpans
from frmk.events import EventDraft, EventType
from frmk.runs.executor import Turn
from infra.components.workbook_document import sections
from infra.twin.monitor.tree import RUN
from tests.model_calls import model_call

TURN = Turn(run_id="r", user="u", thread_id="t", message="m", context={}, goal="g", attempt=1)
USAGE = {
    "model": "m",
    "input_tokens": 1,
    "output_tokens": 1,
    "request_units": 1.5,
    "price": {"total": "0.1", "currency": "USD"},
}


def spans_of_a_run() -> dict[str, ReadableSpan]:
    """Return a run's spans by name, with all that a run can tell."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans = RunSpans(provider.get_tracer("test"), TURN)
    agent = {"agent_run_id": "1", "parent_run_id": None}
    tool = {**agent, "tool": "weather", "tool_call_id": "c"}
    for kind, data in (
        (EventType.AGENT_STARTED, agent),
        (EventType.TOOL_EXECUTING, tool),
        (EventType.TOOL_COMPLETED, tool),
        (EventType.AGENT_COMPLETED, {**agent, "usage": USAGE}),
    ):
        spans.called(model_call())
        spans.saw(EventDraft(type=kind, agent="boss", data=data))
    spans.close("completed")
    return {span.name: span for span in exporter.get_finished_spans()}


def test_queries_read_what_a_run_carries() -> None:
    spans = spans_of_a_run()
    wanted: set[str] = set()

    for query in (section.query for section in sections()):
        if not query.startswith("AppDependencies"):
            assert "Properties[" not in query
            continue
        names = re.findall(r'Name (?:==|startswith) "([^"]+)"', query)
        found = [span for name, span in spans.items() if name.startswith(tuple(names))]
        assert len(found) >= len(names) > 0
        read = set(re.findall(r'Properties\["([^"]+)"\]', query))
        assert all(read <= set(span.attributes or {}) for span in found)
        wanted.update(names)

    assert wanted == {"run", "invoke_agent ", "execute_tool ", "chat "}


def test_the_twin_finds_a_run_by_the_name_that_the_app_gives_it() -> None:
    assert RUN in (spans_of_a_run()["run"].attributes or {})
