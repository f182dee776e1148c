"""The golden path against a real app: it says yes to a good one and names what is wrong with others."""

import socket
from collections.abc import Sequence
from typing import Any

import pytest

from infra.verify.golden import verify
from infra.verify.ledger import Outcome
from infra.verify.report import CheckFailedError, VerifyReport
from infra.verify.suite import Question, Suite
from infra.verify.visit import Turn
from tests.infra.verify.conftest import SUITE, Faults, Place, Serving


def said_no(report: VerifyReport) -> set[str]:
    return {check.name for check in report.failed()}


async def judged(place: Place, suite: Suite = SUITE, **options: Any) -> VerifyReport:
    return await verify(place.url, place.tokens, suite, limit=20, **options)


async def test_a_good_app_passes_every_check(serving: Serving) -> None:
    async with serving() as place:
        report = await judged(place)

    assert report.failed() == ()
    assert report.ok
    assert report.model == "small-model"
    assert [check.name for check in report.checks] == [
        "health", "refusal", "message", "events", "replay", "agents", "tools", "model", "memory",
        "websocket", "isolation", "deletion",
    ]  # fmt: skip


async def test_the_evidence_leads_to_the_run(serving: Serving) -> None:
    async with serving() as place:
        report = await judged(place)

    evidence = {check.name: check.evidence for check in report.checks}
    assert evidence["message"]["run_id"] == evidence["events"]["run_id"] == evidence["model"]["run_id"]
    assert evidence["events"]["order"][0] == "supervisor: agent_started"
    assert evidence["tools"]["calls"][0]["input"] != evidence["tools"]["calls"][1]["input"]
    assert len(evidence["memory"]["turns"]) == 3


async def test_nothing_of_the_visit_is_left_behind(serving: Serving) -> None:
    async with serving() as place:
        report = await judged(place)

    (deletion,) = [check for check in report.checks if check.name == "deletion"]
    assert deletion.evidence == {"deleted": 3}


@pytest.mark.parametrize(
    ("faults", "names"),
    [
        (Faults(model="scripted"), {"model"}),
        (Faults(forgets=True), {"memory"}),
        (Faults(lonely=True), {"agents"}),
        (Faults(deaf_tool=True), {"tools"}),
        (Faults(completed=False), {"message", "events", "replay", "agents", "tools", "model", "isolation"}),
    ],
)
async def test_each_fault_is_found(faults: Faults, names: set[str], serving: Serving) -> None:
    async with serving(faults) as place:
        report = await judged(place)

    assert said_no(report) == names
    assert not report.ok


async def test_an_empty_answer_is_a_no(serving: Serving) -> None:
    async with serving(Faults(silent=True)) as place:
        report = await judged(place)

    assert {"message", "memory"} <= said_no(report)


async def test_the_scripted_model_may_be_allowed(serving: Serving) -> None:
    async with serving(Faults(model="scripted")) as place:
        report = await judged(place, allow_scripted=True)

    assert report.ok


async def test_one_token_leaves_isolation_out_and_says_so(serving: Serving) -> None:
    async with serving() as place:
        report = await verify(place.url, place.tokens[:1], SUITE, limit=20)

    assert report.ok
    assert report.left_out == ("isolation: needs tokens of two users (give --token twice)",)


async def test_a_question_of_ones_own_is_asked(serving: Serving) -> None:
    good = Question(name="good", message="a trip to Bern", contains=("Bern",), tools=("distance",))
    bad = Question(name="bad", message="a trip to Bern", contains=("Paris",), agents=("nobody",))
    async with serving() as place:
        report = await judged(place, SUITE.model_copy(update={"questions": (good, bad)}))

    assert said_no(report) == {"question bad"}
    assert "without the text 'Paris', the agent nobody" in report.failed()[0].detail


async def test_an_app_that_is_not_there_is_a_no_and_not_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        report = await verify(url, ["a", "b"], SUITE, limit=5)

    assert [(check.name, check.ok) for check in report.checks] == [("health", False)]
    assert "the connection failed" in report.checks[0].detail


async def test_tokens_that_the_app_does_not_believe_are_a_no(serving: Serving) -> None:
    async with serving() as place:
        report = await verify(place.url, ["x.y.z", "x.y.z"], SUITE, limit=20)

    assert {"message", "memory", "websocket"} <= said_no(report)
    assert "401" in next(check.detail for check in report.checks if check.name == "message")


async def test_a_suite_of_one_message_leaves_out_what_needs_two(serving: Serving) -> None:
    async with serving() as place:
        report = await judged(place, Suite(verified="a trip to Oslo"))

    assert report.ok
    assert [sentence.partition(":")[0] for sentence in report.left_out] == ["memory", "tools"]


class Bystander:
    """Stand in for the database's witness: note what is asked, and say no when told to."""

    def __init__(self, *, lost: bool = False, left: bool = False) -> None:
        self.lost, self.left = lost, left
        self.asked: list[tuple[str, list[str]]] = []

    async def present(self, turns: Sequence[Turn]) -> Outcome[None]:
        return self._say("present", turns, no=self.lost)

    async def gone(self, turns: Sequence[Turn]) -> Outcome[None]:
        return self._say("gone", turns, no=self.left)

    def _say(self, question: str, turns: Sequence[Turn], *, no: bool) -> Outcome[None]:
        self.asked.append((question, [turn.run_id for turn in turns]))
        if no:
            raise CheckFailedError("it says no")
        return Outcome(value=None, detail="it says yes")


async def test_a_witness_is_asked_before_and_after_the_deletion_about_every_turn(serving: Serving) -> None:
    bystander = Bystander()
    async with serving() as place:
        report = await judged(place, witness=bystander)

    assert report.ok
    assert [check.name for check in report.checks][-3:] == ["database", "deletion", "erased"]
    (before, turns), (after, same) = bystander.asked
    assert (before, after) == ("present", "gone")
    assert turns == same
    assert len(turns) == 4


@pytest.mark.parametrize(
    ("bystander", "name"), [(Bystander(lost=True), "database"), (Bystander(left=True), "erased")]
)
async def test_a_witness_that_says_no_is_a_no(bystander: Bystander, name: str, serving: Serving) -> None:
    async with serving() as place:
        report = await judged(place, witness=bystander)

    assert said_no(report) == {name}


async def test_the_memory_check_names_the_store(serving: Serving) -> None:
    async with serving() as place:
        report = await judged(place)

    (memory,) = [check for check in report.checks if check.name == "memory"]
    assert memory.evidence["store"] == "memory"
    assert "(kept in memory)" in memory.detail
