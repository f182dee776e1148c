"""What may go wrong is said in a line, and in JSON where JSON was asked for."""

import json
from collections.abc import Callable

import httpx
import pytest

from infra.project import Project
from infra.rehearsal.errors import RehearsalError
from infra.rehearsal.mode import Choice
from infra.rehearsal.order import Order
from infra.rehearsal.report import UpReport
from infra.verify.report import Check, CheckFailedError, VerifyReport
from scripts import up, verify
from scripts.errors import explained
from tests.scripts.conftest import Said

Seatrial = Callable[..., Said]


@pytest.mark.parametrize("url", ["http://[::1", "http://", "http://a:port"])
def test_verify_refuses_what_is_no_address(url: str, seatrial: Seatrial) -> None:
    said = seatrial("verify", url)

    assert said.code == 2
    assert "is no address of an app" in said.err


def test_verify_signs_for_this_machine_alone(seatrial: Seatrial, project: Project) -> None:
    suite = project.root / "suite.yaml"
    suite.write_text("verified: Good day\n")

    said = seatrial("verify", "https://app.example.com", "--suite", str(suite))

    assert said.code == 2
    assert "--token A --token B" in said.err
    assert not project.keys.exists()


def test_verify_shows_the_evidence_of_what_passed(capsys: pytest.CaptureFixture[str]) -> None:
    evidence = {"run_id": "r-1", "seconds": 1.5, "order": ["supervisor: agent_started", "a: tool_executing"]}
    check = Check(name="events", ok=True, seconds=0.1, detail="9 events", evidence=evidence)

    verify.show(VerifyReport(url="http://x", ok=True, seconds=1, model=None, checks=(check,)))

    shown = " ".join(capsys.readouterr().out.split())
    assert "run_id r-1, seconds 1.5, order supervisor: agent_started > a: tool_executing" in shown


@pytest.mark.parametrize("error", [CheckFailedError("no ticket"), httpx.ConnectError("no ticket")])
def test_an_app_that_gives_no_ticket_is_no_defect(error: Exception) -> None:
    found = explained(error)

    assert found is not None
    assert "no ticket" in found[0][0]
    assert found[1] == 1


async def test_up_tells_of_an_invitation_that_failed(
    monkeypatch: pytest.MonkeyPatch, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(*_: object) -> None:
        raise CheckFailedError("HTTP 503")

    monkeypatch.setattr(up, "invite", fail)

    assert await up._invitation(Order(project=project, stack="dev", mode="process"), "http://x") is None
    assert "no invitation to the page: HTTP 503" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["up", "rehearse"])
def test_a_mode_that_is_refused_is_said_in_json(
    verb: str, seatrial: Seatrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> Choice:
        raise RehearsalError.of("ST017", "docker", "no engine.", "Start it.")

    monkeypatch.setattr(up, "choose", refuse)

    said = seatrial(verb, "dev", "--mode", "docker", "--json")

    assert said.code == 1
    report = UpReport.model_validate(json.loads(said.out))
    assert (report.ok, [finding.code for finding in report.findings]) == (False, ["ST017"])


def test_down_and_status_know_a_stack_whose_file_is_gone(seatrial: Seatrial, project: Project) -> None:
    project.state("gone").mkdir(parents=True)

    assert seatrial("down", "gone").out.startswith("gone: nothing was running")
    assert seatrial("status").code == 0
    assert seatrial("down", "never").code == 2


def test_keep_wins_over_the_end_of_a_seeded_mistake(
    seatrial: Seatrial, monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    orders: list[Order] = []

    def carried_out(order: Order, **_: object) -> UpReport:
        orders.append(order)
        return UpReport(stack="dev", ok=True, mode="process")

    monkeypatch.setattr(up, "_broken", lambda *_: project)
    monkeypatch.setattr(up, "carry_out", carried_out)
    for more in ([], ["--keep"], ["--keep", "--detach"]):
        seatrial("up", "dev", "--mode", "process", "--break", "probe", *more)

    assert [order.after for order in orders] == ["stop", "hold", "leave"]
