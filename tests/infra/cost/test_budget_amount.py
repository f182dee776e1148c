"""The budget's amount: rounded by one rule, written where it stands, everything else kept."""

from decimal import Decimal
from pathlib import Path

import pytest

from infra.config import load_stack
from infra.cost.budget_amount import BudgetError, amount, written
from infra.cost.model import Status
from infra.project import Project
from tests.infra.cost.formats.conftest import INFERRED, line, resource, stack


@pytest.mark.parametrize(
    ("month", "budget"), [("0", "10"), ("4", "10"), ("4.004", "20"), ("40", "100"), ("41", "110")]
)
def test_the_month_is_rounded_up_to_the_next_ten(month: str, budget: str) -> None:
    use = line("app", "Use", INFERRED, "0", month, month)

    assert amount(stack("dev", resource("app", "odd:Thing", Status.PRICED, use))) == Decimal(budget)


def test_an_incomplete_month_makes_no_budget() -> None:
    strange = resource("strange", "odd:Thing", Status.UNSUPPORTED, note="no rule")

    with pytest.raises(BudgetError, match=r"incomplete.*no rule"):
        amount(stack("dev", strange))


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_only_the_amount_changes_in_a_stack_file(name: str, project: Project, tmp_path: Path) -> None:
    copy = Project(tmp_path)
    copy.stacks.mkdir()
    source = project.stack_file(name).read_text()
    copy.stack_file(name).write_text(source)
    was = load_stack(copy, name).budget.amount

    assert written(copy.stack_file(name), Decimal(770)) == f"{was:f}"

    assert load_stack(copy, name).budget.amount == 770
    assert copy.stack_file(name).read_text() == source.replace(f"amount: {was:f}", "amount: 770")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "config: {'seatrial:budget': {amount: 5}} # end\n",
            "config: {'seatrial:budget': {amount: 60}} # end\n",
        ),
        (
            "config:\n  seatrial:budget:\n    amount: '5'  # a word\n",
            "config:\n  seatrial:budget:\n    amount: 60  # a word\n",
        ),
        (
            "config:\r\n  seatrial:budget:\r\n    amount: 5\r\n",
            "config:\r\n  seatrial:budget:\r\n    amount: 60\r\n",
        ),
    ],
)
def test_every_way_of_writing_it_is_kept(before: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_bytes(before.encode())

    written(path, Decimal(60))

    assert path.read_bytes().decode() == after


@pytest.mark.parametrize("text", ["config: {}\n", "config: {'seatrial:budget': 5}\n", "[]\n"])
def test_a_file_without_a_place_for_it_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(text)

    with pytest.raises(BudgetError, match=r"has no seatrial:budget\.amount"):
        written(path, Decimal(60))
    assert path.read_text() == text
