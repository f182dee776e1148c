"""What people are told of telemetry: trees of runs, the report's evidence, and what was lost."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest
from opentelemetry.sdk.trace import TracerProvider

from infra.project import Project
from infra.rehearsal import telemetry
from infra.rehearsal.report import TelemetryEvidence, UpReport
from infra.verify.report import Check, VerifyReport
from scripts.cli import main
from scripts.report import telemetry_line
from tests.infra.twin.conftest import Rehearsal

Say = Callable[..., str]


@pytest.fixture
def logs(
    watched: Project, twin: Rehearsal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Say:
    """Give `seatrial logs dev` with more words, and its standard output or error."""

    def run(*words: str, stream: str = "out") -> str:
        monkeypatch.setattr(sys, "argv", ["seatrial", "logs", "dev", "--project", str(watched.root), *words])
        with suppress(SystemExit):
            main()
        return str(getattr(capsys.readouterr(), stream))

    return run


@pytest.fixture
def sent(provider: TracerProvider) -> None:
    tracer = provider.get_tracer("seatrial")
    told = {"seatrial.run_id": "run-9", "gen_ai.usage.input_tokens": 70, "seatrial.outcome": "completed"}
    with (
        tracer.start_as_current_span("run", attributes=told),
        tracer.start_as_current_span("invoke_agent boss"),
    ):
        pass
    with tracer.start_as_current_span("GET /api/v1/threads"):
        pass


def proof(run_id: str | None) -> VerifyReport:
    evidence = {} if run_id is None else {"run_id": run_id}
    check = Check(name="message", ok=True, seconds=0.1, detail="answered", evidence=evidence)
    return VerifyReport(url="http://x", ok=True, seconds=0.1, model=None, checks=(check,))


def test_runs_are_shown_as_trees_with_durations(logs: Say, sent: None) -> None:
    shown = logs("--traces", "--run", "run-9")

    title, run, agent = shown.splitlines()[:3]
    assert "run-9" in title
    assert run.startswith("\u2514\u2500\u2500 run  0.")
    assert run.endswith("input_tokens=70  outcome=completed")
    assert "    \u2514\u2500\u2500 invoke_agent boss" in agent


def test_json_holds_summary_and_spans_of_runs_alone(logs: Say, sent: None) -> None:
    body = json.loads(logs("--traces", "--limit", "1", "--json"))

    (trace,) = body["traces"]
    assert (body["stack"], trace["run_id"], trace["spans"][0]["children"][0]["name"]) == (
        "dev",
        "run-9",
        "invoke_agent boss",
    )


def test_a_trace_that_is_not_there_is_said_to_be_late(logs: Say) -> None:
    assert "no trace of run run-8 has arrived" in logs("--traces", "--run", "run-8", stream="err")
    assert "add --traces" in logs("--run", "run-8", stream="err")


async def test_the_report_proves_that_the_verified_run_was_traced(twin: Rehearsal, sent: None) -> None:
    seen = await telemetry.look(twin.admin, proof("run-9"))
    late = await telemetry.look(twin.admin, proof("run-8"))

    assert seen is not None
    assert late is not None
    assert (seen.spans, (seen.component or "").rpartition("/")[2]) == (2, "ai")
    assert (late.spans, late.operation_id) == (0, None)
    assert late.rows == seen.rows > 2
    assert await telemetry.look(twin.admin, proof(None)) is None


def test_a_component_is_what_makes_telemetry_expected(twin: Rehearsal, component: object) -> None:
    assert telemetry.watched(twin.admin.status())
    assert not telemetry.watched({"resources": [{"type": "Microsoft.App/containerApps"}]})


def test_lost_telemetry_is_told_and_other_findings_are_not_repeated() -> None:
    found = [
        {"code": code, "resource": "r", "message": "m", "fix": "f"} for code in ("ST040", "ST012", "ST041")
    ]

    assert [finding.code for finding in telemetry.lost(found)] == ["ST040", "ST041"]


@pytest.mark.parametrize(
    ("evidence", "line"),
    [
        (None, None),
        (TelemetryEvidence(run_id="r", rows=3), "nothing of run r has arrived yet; 3 rows of others"),
        (
            TelemetryEvidence(run_id="r", operation_id="o", component="/x/appi", spans=9, rows=9),
            "9 spans of the verified run in appi (seatrial logs dev --traces --run r)",
        ),
    ],
)
def test_the_report_says_it_in_one_line(evidence: TelemetryEvidence | None, line: str | None) -> None:
    assert telemetry_line(UpReport(stack="dev", ok=True, mode="process", telemetry=evidence)) == line
