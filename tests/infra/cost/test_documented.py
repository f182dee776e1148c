"""The months worked out by hand in docs/cost.md are what the command says."""

import ast
import operator
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

import pytest

from infra.cost.estimate import Estimate, estimate
from infra.cost.llm import models
from infra.cost.usage.file import UsageFile, load_usage
from infra.plan import Plan
from infra.project import Project

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


def test_every_key_of_the_usage_file_is_explained(document: str) -> None:
    keys = [field.alias or name for name, field in UsageFile.model_fields.items()]

    assert [key for key in keys if f"`{key}" not in document] == []
