"""Commands are run once, in parallel, within their time; the account's checks wait for the sign-in."""

import sys
import threading
from pathlib import Path

import pytest

from infra.doctor.checks.catalogue import CHECKS
from infra.doctor.examination import examined
from infra.doctor.model import Check, Command, Heard, Outcome, ok
from infra.doctor.run import examine, hearer
from infra.doctor.subject import Subject
from tests.infra.doctor.conftest import SUBSCRIPTION, said

ACCOUNT = {"id": SUBSCRIPTION, "name": "Example", "user": {"name": "me@example.com"}}


def probe(name: str, *commands: Command) -> Check:
    asked = {str(at): command for at, command in enumerate(commands)}
    return Check(name=name, title=name, link="", ask=lambda _: asked, judge=lambda _, answers: ok(name))


def python(code: str, **more) -> Command:
    return Command(argv=(sys.executable, "-c", code), **more)


def test_two_commands_run_at_once_and_a_shared_one_runs_once(subject: Subject) -> None:
    both = threading.Barrier(2, timeout=30)
    heard: list[Command] = []

    def hear(command: Command) -> Heard:
        heard.append(command)
        both.wait()
        return said("")

    first, second = Command(argv=("a",)), Command(argv=("b",))
    found = list(examine([probe("x", first, second), probe("y", first)], subject, hear))

    assert [one.status for _, one, _ in found] == ["ok", "ok"]
    assert sorted(heard, key=str) == [first, second]


def test_a_command_says_what_it_printed_and_how_it_ended(tmp_path: Path) -> None:
    code = "import sys; print(1); sys.exit('ERROR: no')"

    heard = hearer(tmp_path)(python(code))

    assert (heard.code, heard.out, heard.words) == (1, "1\n", "ERROR: no")


def test_a_command_that_hangs_is_stopped_and_skipped(subject: Subject, tmp_path: Path) -> None:
    hanging = probe("x", python("import time; time.sleep(60)", timeout=0.5))

    ((_, found, _),) = examine([hanging], subject, hearer(tmp_path))

    assert found.status == "skipped"
    assert "no answer in time" in found.seen


def test_a_command_that_is_not_there_is_no_defect(tmp_path: Path) -> None:
    assert hearer(tmp_path)(Command(argv=("no-such-command-here",))).trouble == "missing"


def test_offline_nothing_leaves_the_machine(subject: Subject, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    outward = probe("x", python(f"open({str(marker)!r}, 'w')"))

    ((_, found, _),) = examine([outward], subject, hearer(tmp_path, offline=True))

    assert (found.status, found.seen) == ("skipped", "not asked: --offline")
    assert not marker.exists()


@pytest.mark.parametrize("signed_in", [True, False])
def test_azure_is_asked_only_once_az_is_signed_in(subject: Subject, *, signed_in: bool) -> None:
    asked: list[str] = []
    told: list[Outcome] = []

    def hear(command: Command) -> Heard:
        asked.append(command.shown)
        if command.argv[:3] == ("az", "account", "show"):
            return said(ACCOUNT) if signed_in else said(err="ERROR: Please run 'az login'", code=1)
        return said("2026-11-21")

    found = examined(subject, hear, told.append)
    azure = [one for one in asked if one.startswith(("az ", "gh ")) and not one.startswith("az account ")]

    assert [one.name for one in found.outcomes] == [check.name for check in CHECKS]
    assert {one.name for one in told} == {check.name for check in CHECKS}
    assert bool(azure) is signed_in
    quota = next(one for one in found.outcomes if one.name == "environments")
    assert ("not signed in" in quota.seen) is not signed_in
