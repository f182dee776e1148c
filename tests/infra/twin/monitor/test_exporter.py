"""The genuine exporter against a twin: the connection string that it made, its identity, TLS, traces."""

import gzip
import json
import time
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

from app.telemetry.spans import RunSpans
from frmk.runs.executor import Turn
from infra.twin.client import ArmError
from tests.infra.twin.conftest import Rehearsal
from tests.infra.twin.monitor.conftest import Identity
from tests.infra.twin.monitor.items import span
from tests.model_calls import model_call


def test_a_run_that_the_exporter_sent_is_read_back_as_a_tree(
    twin: Rehearsal, provider: TracerProvider
) -> None:
    tracer = provider.get_tracer("seatrial")
    with tracer.start_as_current_span("POST /api/v1/message", kind=SpanKind.SERVER):  # noqa: SIM117 - a tree
        with tracer.start_as_current_span("run", attributes={"seatrial.run_id": "run-1"}):
            with tracer.start_as_current_span("invoke_agent boss") as agent:
                agent.add_event("thinking")
                agent.record_exception(ValueError("no weather"))

    (trace,) = twin.admin.traces(run_id="run-1")
    (request,) = twin.admin.trace(trace["operation_id"])["spans"]

    assert (trace["name"], trace["spans"], trace["exceptions"]) == ("POST /api/v1/message", 3, 1)
    assert (request["table"], request["children"][0]["name"]) == ("AppRequests", "run")
    (boss,) = request["children"][0]["children"]
    assert [note["text"] for note in boss["notes"]] == ["thinking", "no weather"]
    (counted,) = twin.admin.telemetry()["components"].values()
    assert {
        "AppRequests": 1,
        "AppDependencies": 2,
        "AppTraces": 1,
        "AppExceptions": 1,
    }.items() <= counted.items()
    assert twin.twin.journal.findings == []


def test_a_call_of_a_model_arrives_as_one_with_the_kind_of_its_failure(
    twin: Rehearsal, provider: TracerProvider
) -> None:
    turn = Turn(
        run_id="run-1", user="u", thread_id="t", message="m", context={}, goal="travel_planning", attempt=1
    )
    spans = RunSpans(provider.get_tracer("seatrial"), turn)
    now = time.time_ns()
    spans.called(model_call(began=now - 2_000_000_000, ended=now, error="RateLimitError"))
    spans.close("completed")

    (trace,) = twin.admin.traces(run_id="run-1")
    (run,) = twin.admin.trace(trace["operation_id"])["spans"]
    (call,) = run["children"]
    assert (call["name"], call["kind"]) == ("chat gpt-4.1-mini", "GenAI | azure.ai.openai")
    assert (call["success"], call["properties"]["seatrial.error"]) == (False, "RateLimitError")
    assert call["properties"]["gen_ai.usage.input_tokens"] == "12"


def test_bodies_are_read_as_azure_reads_them(twin: Rehearsal, component: dict[str, Any]) -> None:
    token = Identity(twin, twin.identity()["properties"]["principalId"])
    headers = {"Authorization": f"Bearer {token.get_token('https://monitor.azure.com/.default').token}"}
    one = {**span("sent", "1"), "iKey": component["properties"]["InstrumentationKey"]}
    lines = gzip.compress(b"\n".join(json.dumps(one).encode() for _ in range(3)))

    with httpx.Client(base_url=twin.services, headers=headers) as client:
        packed = client.post("/v2/track", content=lines, headers={"Content-Encoding": "gzip"})
        single = client.post("/v2.1/track", json=one)
        broken = [client.post("/v2.1/track", content=body) for body in (b"", b"{", b"[" * 100_000, b"\xff")]
        nan = client.post("/v2.1/track", content=json.dumps([one]).replace('"1"', "NaN", 1))

    assert packed.json()["itemsAccepted"] == 3
    assert single.json()["itemsAccepted"] == 1
    assert {answer.status_code for answer in (*broken, nan)} == {400}
    assert "no number" in nan.json()["errors"][0]["message"]


def test_the_twin_says_what_it_does_not_have(twin: Rehearsal) -> None:
    assert twin.admin.traces(run_id="never") == []
    with pytest.raises(ArmError, match="no trace with the operation id 'never'"):
        twin.admin.trace("never")
    with pytest.raises(ArmError, match="limit is '0'"):
        twin.admin.traces(0)
