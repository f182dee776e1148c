"""`seatrial cost models`: the same use on every model of the price table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from infra.cost.formats.amounts import money, plain
from infra.cost.llm import models
from infra.cost.stacks import price
from scripts.cost_price import assumptions, planned
from scripts.cost_request import Request, refuse
from scripts.errors import CommandError
from scripts.options import JsonFlag, ProjectFolder, project_of
from scripts.output import emit, result

if TYPE_CHECKING:
    from infra.cost.llm import ModelCost
    from infra.cost.model import Estimate

COLUMNS = ("expected", "busy")


def command(
    stack: Annotated[str, typer.Option("--stack", help="The stack whose use is priced.")] = "dev",
    usage: Annotated[Path | None, typer.Option("--usage", help="A usage file of your own.")] = None,
    *,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Price the same use with each model of the table, so that a switch shows what it saves."""
    found = project_of(project)
    request = Request(stack=stack, usage=usage)
    refuse(request)
    (estimate,) = price(found, planned(found, request), assumptions(request))
    rows = models(estimate)
    if not rows:
        raise CommandError(
            f"stack {stack} has no usage file or deploys no model, so there is nothing to compare",
            f"Write stacks/usage.{stack}.yaml, or take one from a deployment: seatrial cost collect URL.",
        )
    emit({"stack": stack, "models": [_entry(row) for row in rows]}) if as_json else _show(estimate, rows)


def _show(estimate: "Estimate", rows: "tuple[ModelCost, ...]") -> None:
    own = next((row.monthly["expected"] for row in rows if row.deployed), None)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    heads = ("model", "", "expected", "busy", "1,000 conversations", "against the deployed")
    for index, name in enumerate(heads):
        table.add_column(name, justify="right" if index > 1 else "left")
    for row in rows:
        expected = row.monthly["expected"]
        saved = "" if row.deployed or expected is None or own is None else f"{expected - own:+,.2f}"
        table.add_row(
            row.model,
            "deployed" if row.deployed else "",
            *(money(row.monthly[column]) for column in COLUMNS),
            money(row.conversations_1000),
            saved,
        )
    console = result()
    console.print(
        f"{estimate.stack}: tokens of a month, in {estimate.currency}, {rows[0].sku}, {rows[0].region}"
    )
    console.print(table)
    console.print(f"list prices of {estimate.prices_date}; price the whole stack: seatrial cost --model NAME")


def _entry(row: "ModelCost") -> dict[str, Any]:
    amounts = {column: _text(amount) for column, amount in row.monthly.items()}
    return {
        "model": row.model,
        "sku": row.sku,
        "region": row.region,
        "deployed": row.deployed,
        "monthly": amounts,
        "conversations1000": _text(row.conversations_1000),
    }


def _text(amount: Any) -> str | None:
    return None if amount is None else plain(amount)


def register(group: typer.Typer) -> None:
    """Add the part to the verb."""
    group.command("models")(command)
