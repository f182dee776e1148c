"""Differences, gates and saved reports."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from infra.cost.change.difference import Move, difference, differences
from infra.cost.change.gates import above, increased
from infra.cost.change.limit import Limit, LimitError
from infra.cost.change.snapshot import ReportError, Snapshot, saved, taken
from infra.cost.formats.breakdown import breakdown
from infra.cost.formats.changes import headline
from infra.cost.model import COLUMNS, Basis, Estimate, Line, ResourceCost, Status
from infra.cost.prices import Price


def stack(**lines: str | None) -> Estimate:
    """Return a stack with a line for each keyword, its quantity as given, at a price of 2."""
    price = Price.model_validate({"price": "2", "source": "a list"})
    parts = tuple(
        Line(
            id=f"app.{name}",
            component=name,
            meter=name,
            unit="GB",
            basis=Basis.FIXED if name.startswith("fixed") else Basis.USAGE,
            region="eastus",
            price=price,
            quantity=dict.fromkeys(COLUMNS, None if amount is None else Decimal(amount)),
        )
        for name, amount in lines.items()
    )
    one = ResourceCost(name="app", type="azure-native:app:ContainerApp", status=Status.PRICED, lines=parts)
    return Estimate(stack="prod", currency="USD", prices_date=date(2026, 11, 21), resources=(one,))


def test_each_line_is_added_removed_changed_or_the_same() -> None:
    found = difference(taken(stack(fixed="1", use="1", old="3")), taken(stack(fixed="1", use="2", new="4")))

    assert {step.item.component: step.move for step in found.steps} == {
        "fixed": Move.SAME,
        "use": Move.CHANGED,
        "new": Move.ADDED,
        "old": Move.REMOVED,
    }
    assert [step.amount("expected") for step in found.changed] == [2, 8, -6]
    assert found.amount("expected") == 4
    assert found.amount("expected", Basis.FIXED) == 0


def test_a_side_that_is_not_known_makes_the_lines_change_unknown() -> None:
    (step,) = difference(taken(stack(use="1")), taken(stack(use=None))).changed

    assert step.amount("expected") is None


def test_what_is_no_longer_known_is_no_saving() -> None:
    found = difference(taken(stack(fixed="1", use="500")), taken(stack(fixed="4", use=None)))

    assert found.amount("expected") == 6
    assert found.lacking("expected") == 1
    assert headline([found]) == "Cost, as far as known: +6.00 USD a month; 1 line is not known"
    assert increased([found], Limit.read("5.99", "--fail-increase", relative=True)) is not None


def test_a_stack_that_was_not_there_is_compared_with_nothing() -> None:
    (found,) = differences({}, [taken(stack(use="3"))], {"prod": "was not there"})

    assert found.amount("expected") == 6
    assert found.note == "was not there"


def test_a_saved_report_is_the_same_snapshot(tmp_path: Path) -> None:
    estimate = stack(fixed="1.5", use=None, other="3")
    path = tmp_path / "report.json"
    path.write_text(json.dumps(breakdown([estimate])))

    assert saved(path) == {"prod": taken(estimate)}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"projects": [{"name": "prod"}]}', '{"projects": [], "currency"'],
)
def test_what_is_no_report_is_refused_with_the_next_step(text: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)

    with pytest.raises(ReportError, match=r"is no report of .*make one with: seatrial cost --all --json"):
        saved(path)


@pytest.mark.parametrize(
    ("text", "relative"), [("ten", False), ("-5", True), ("10%", False), ("1e3", True), ("", True)]
)
def test_what_is_no_limit_is_refused(text: str, *, relative: bool) -> None:
    with pytest.raises(LimitError, match="--fail"):
        Limit.read(text, "--fail-above", relative=relative)


@pytest.mark.parametrize(("limit", "refused"), [("7.99", True), ("8", False), ("8.01", False)])
def test_a_total_may_reach_its_limit_and_not_pass_it(limit: str, *, refused: bool) -> None:
    reason = above([stack(use="3"), stack(use="1")], Limit.read(limit, "--fail-above", relative=False))

    assert (reason is not None) == refused
    assert reason is None or "8.00 USD, above 7.99 USD" in reason


@pytest.mark.parametrize(
    ("limit", "before", "after", "refused"),
    [
        ("2", "5", "6", False),
        ("1.99", "5", "6", True),
        ("20%", "5", "6", False),
        ("19%", "5", "6", True),
        ("50%", "0", "1", True),
        ("0", "6", "5", False),
        ("0%", "5", "5", False),
    ],
)
def test_an_increase_may_reach_its_limit_and_not_pass_it(
    limit: str, before: str, after: str, *, refused: bool
) -> None:
    changes = [difference(taken(stack(use=before)), taken(stack(use=after)))]

    assert (increased(changes, Limit.read(limit, "--fail-increase", relative=True)) is not None) == refused


def test_an_empty_snapshot_costs_nothing() -> None:
    assert Snapshot.empty("prod", "USD").total("expected") == 0
