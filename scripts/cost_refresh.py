"""`seatrial cost refresh`: new prices from the Azure Retail Prices API, shown before they are written."""

import importlib.resources
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import httpx
import typer
import yaml
from pydantic import ValidationError
from rich.table import Table

from infra.cost.formats.amounts import plain
from infra.cost.prices import PriceTable
from infra.cost.refresh.client import URL, RetailClient
from infra.cost.refresh.proposal import JUMP, propose
from infra.cost.refresh.write import TableFileError, edited, save
from scripts.options import JsonFlag
from scripts.output import emit, note, result

if TYPE_CHECKING:
    from infra.cost.refresh.proposal import Edit, Proposal

EVERY = "all"


def command(
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", help="A meter whose jump or loss is right, or `all`; may be repeated."),
    ] = None,
    table: Annotated[Path | None, typer.Option("--table", help="Another price table's file.")] = None,
    jump: Annotated[
        float, typer.Option("--jump", min=0, help="From which share on a price jumps: 0.25 is a quarter.")
    ] = float(JUMP),
    api: Annotated[str, typer.Option("--api", help="Where the Retail Prices API answers.")] = URL,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference, write nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Read current prices, show what changes, write the table; exit 3 when a meter vanished or jumped."""
    path = table or Path(str(importlib.resources.files("infra.cost").joinpath("prices.yaml")))
    text = path.read_text(encoding="utf-8")
    known = _table(text, path)
    today = datetime.now(UTC).date()
    with httpx.Client(headers={"Accept": "application/json"}) as http:
        client = RetailClient(http, api, currency=known.currency)
        found = propose(known, client.items, today, jump=Decimal(str(jump)))
    accepted = set(known.meters) if EVERY in (accept or ()) else set(accept or ())
    refused = found.open(accepted)
    if not refused and not dry_run:
        save(path, edited(text, found.edits, today))
    emit(_document(found, refused)) if as_json else _show(found)
    for meter, reasons in refused.items():
        note(f"refused: {meter} {'; '.join(reasons)}")
    if refused:
        note(f"nothing is written; where a change is right, accept it: --accept {next(iter(refused))}")
        raise typer.Exit(3)
    note("nothing is written" if dry_run else f"{path}: {len(found.edits)} rows are new")


def _table(text: str, path: Path) -> PriceTable:
    try:
        return PriceTable.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError, TypeError) as error:
        raise TableFileError(f"{path} is no price table: {str(error).splitlines()[0]}") from None


def _show(found: "Proposal") -> None:
    moved = [edit for edit in found.edits if edit.moved]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for index, name in enumerate(("meter", "region", "before", "after", "change", "in effect since")):
        table.add_column(name, justify="right" if index in {2, 3, 4} else "left")
    for edit in moved:
        table.add_row(edit.meter, edit.region, *_sides(edit), str(edit.after.date))
    console = result()
    if moved:
        console.print(table)
    confirmed = len(found.edits) - len(moved)
    console.print(f"{len(moved)} prices change, {confirmed} are confirmed with a new date")
    if found.absent:
        told = ", ".join(found.absent)
        console.print(f"still without a price, the API has no row under their names: {told}", soft_wrap=True)
    if found.unmapped:
        console.print(f"not in the API, kept as they are: {', '.join(found.unmapped)}", soft_wrap=True)


def _sides(edit: "Edit") -> tuple[str, str, str]:
    if edit.before is None:
        return "none", plain(edit.after.price), "new"
    share = (edit.after.price - edit.before.price) / edit.before.price * 100
    return plain(edit.before.price), plain(edit.after.price), f"{share:+.1f} %"


def _document(found: "Proposal", refused: dict[str, list[str]]) -> dict[str, Any]:
    edits = [
        {
            "meter": edit.meter,
            "region": edit.region,
            "before": None if edit.before is None else plain(edit.before.price),
            "after": plain(edit.after.price),
            "since": edit.after.date,
        }
        for edit in found.edits
    ]
    return {"edits": edits, "refused": refused, "unmapped": found.unmapped, "absent": found.absent}


def register(group: typer.Typer) -> None:
    """Add the part to the verb."""
    group.command("refresh")(command)
