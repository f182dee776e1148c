"""The months worked out by hand in docs/cost.md are what the command says."""

import ast
import operator
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from os import environ
from pathlib import Path

import pytest

from infra.cost.estimate import Estimate, estimate
from infra.cost.formats.chart import chart
from infra.cost.llm import models
from infra.cost.prices import PriceTable, price_table
from infra.cost.refresh.proposal import REGIONS
from infra.cost.usage.file import UsageFile, load_usage
from infra.plan import Plan
from infra.project import Project

COVERAGE = """\
# Meters without a sourced price

Generated from `infra/cost/prices.yaml` (see [the price of a stack](cost.md)): `UPDATE_GOLDEN=1 pytest
tests/infra/cost/test_documented.py` writes it anew, a test compares. Meters with a sourced price in all four
regions are left out. `-` has no price: a line that needs it makes the total incomplete. `inferred` is another
region's sourced price. "In the API" says whether `seatrial cost refresh` knows the meter's name there.
"""
CENT = Decimal("0.01")
NEAR = Decimal("1E-20")
OPERATIONS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def worked(text: str) -> Decimal:
    """Return what an arithmetic expression of the document is, in exact decimals."""
    return _value(ast.parse(text, mode="eval").body)


def _value(node: ast.expr) -> Decimal:
    match node:
        case ast.Constant(value=value):
            return Decimal(str(value))
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATIONS[type(op)](_value(left), _value(right))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner)
        case ast.Call(func=ast.Name(id="exp"), args=[inner]):
            return _value(inner).exp()
        case ast.Call(func=ast.Name(id="max"), args=[first, second]):
            return max(_value(first), _value(second))
    raise ValueError(f"{ast.dump(node)} is no arithmetic of the document")


def cents(amount: Decimal) -> str:
    return str(amount.quantize(CENT, ROUND_HALF_UP))


def rows(text: str, columns: int) -> list[list[str]]:
    found = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ]
    return [
        row for row in found if len(row) == columns and re.search(r"\d", row[-1]) and "conv" not in row[-1]
    ]


def coverage(table: PriceTable) -> str:
    """Return the page that lists each meter and region without a sourced price."""
    known = {True: "inferred", False: "sourced"}
    body: dict[str, str] = {}
    for name, meter in table.meters.items():
        found = [table.find(name, region) for region in REGIONS]
        if all(price and not price.inferred for price in found):
            continue
        shown = re.sub(r"^(openai-.*)-(input|cached|output)$", r"\1 (input, cached, output)", name)
        cells = ["-" if price is None else known[price.inferred] for price in found]
        row = f"| {shown} | {meter.unit} | {' | '.join(cells)} | {'yes' if meter.retail else 'no'} |"
        assert body.setdefault(shown, row) == row
    head = f"| meter | unit | {' | '.join(REGIONS)} | in the API |"
    return f"{COVERAGE}\n{head}\n|{'---|' * (len(REGIONS) + 3)}\n" + "\n".join(body.values()) + "\n"


def regenerated(path: Path, text: str) -> None:
    """Compare a file of the documentation with what it is made from; UPDATE_GOLDEN=1 writes it anew."""
    if environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path.name}: UPDATE_GOLDEN=1 pytest writes it anew"


@pytest.fixture(scope="module")
def document(project: Project) -> str:
    return (project.root / "docs" / "cost.md").read_text(encoding="utf-8")


@pytest.fixture(params=["dev", "staging", "prod"])
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def usage(project: Project, stack: str) -> UsageFile:
    found = load_usage(project, stack)
    assert found is not None
    return found


@pytest.fixture
def found(plan_of: Callable[[str], Plan], stack: str, usage: UsageFile) -> Estimate:
    return estimate(plan_of(stack), usage=usage)


@pytest.fixture
def section(document: str, stack: str) -> str:
    return document.partition(f"### {stack}\n")[2].partition("\n##")[0]


def test_every_line_is_worked_out(found: Estimate, section: str) -> None:
    assert [row[0] for row in rows(section, 4)] == [line.id for line in found.lines]


def test_every_quantity_price_and_amount_is_what_the_command_says(found: Estimate, section: str) -> None:
    lines = {line.id: line for line in found.lines}
    for name, quantity, price, month in rows(section, 4):
        line = lines[name]
        assert line.price is not None
        assert abs((line.quantity["expected"] or 0) - worked(quantity)) <= NEAR * 10**9, name
        assert line.price.price == Decimal(price), name
        assert cents(worked(quantity) * Decimal(price)) == month, name


def test_the_totals_are_what_the_command_says(found: Estimate, section: str) -> None:
    (totals,) = rows(section, 5)
    each = found.conversations_1000()

    assert found.complete
    assert each is not None
    assert totals == [
        *(cents(found.total(column)) for column in found.columns),
        cents(found.per_day("expected")),
        cents(each),
    ]


def test_the_model_table_is_what_the_command_says(
    document: str, project: Project, plan_of: Callable[[str], Plan]
) -> None:
    table = models(estimate(plan_of("prod"), usage=load_usage(project, "prod")))
    said = rows(document.partition("## Which model\n")[2], 4)

    told = []
    for row in table:
        expected, busy, each = row.monthly["expected"], row.monthly["busy"], row.conversations_1000
        assert expected is not None
        assert busy is not None
        assert each is not None
        told.append([row.model + " (deployed)" * row.deployed, cents(expected), cents(busy), cents(each)])
    assert said == told


def test_the_chart_is_what_the_command_draws(project: Project, plan_of: Callable[[str], Plan]) -> None:
    found = [estimate(plan_of(name), usage=load_usage(project, name)) for name in project.stack_names()]

    regenerated(project.root / "docs" / "images" / "cost.svg", chart(found))


def test_the_list_of_meters_without_a_price_is_what_the_table_lacks(project: Project) -> None:
    regenerated(project.root / "docs" / "cost-coverage.md", coverage(price_table()))


def test_every_key_of_the_usage_file_is_explained(document: str) -> None:
    keys = [field.alias or name for name, field in UsageFile.model_fields.items()]

    assert [key for key in keys if f"`{key}" not in document] == []
