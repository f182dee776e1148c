"""New prices written into the table's file: rows are replaced where they stand, all else stays."""

import re
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import yaml

from infra.cost.prices import Price, PriceTable
from infra.cost.refresh.proposal import Edit


class TableFileError(Exception):
    """Say why the price table's file cannot be edited."""


def edited(text: str, edits: Iterable[Edit], today: date) -> str:
    """Return the file's text with the edits; comments, order and other rows stay; raise TableFileError."""
    changes = list(edits)
    if not changes:
        return text
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    meters = _child(root, "meters")
    pieces: dict[tuple[int, int], str] = {}
    for change in changes:
        block = _child(_child(meters, change.meter), "prices")
        if not isinstance(block, yaml.MappingNode):
            raise TableFileError(f"{change.meter} has 'prices' that is no mapping of regions")
        span, piece = _piece(text, block, change)
        replaces = span[0] != span[1]
        if replaces and pieces.get(span, piece) != piece:
            raise TableFileError(f"{change.meter} shares its rows with a meter that now has other prices")
        pieces[span] = piece if replaces else _joined(pieces.get(span, ""), piece)
    dated = _child(root, "date")
    pieces[dated.start_mark.index, dated.end_mark.index] = today.isoformat()
    for (start, end), piece in sorted(pieces.items(), reverse=True):
        text = text[:start] + piece + text[end:]
    _check(text, changes)
    return text


def save(path: Path, text: str) -> None:
    """Replace a file in one step."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write(text)
    fresh = Path(file.name)
    fresh.chmod(path.stat().st_mode)
    fresh.replace(path)


def _joined(before: str, piece: str) -> str:
    """Return the new rows of one place; the first one of an empty mapping has no comma in front."""
    if not before or piece in before:
        return before or piece
    return before + piece if piece.startswith((",", "\n")) else f"{before}, {piece}"


def _piece(text: str, block: yaml.MappingNode, edit: Edit) -> tuple[tuple[int, int], str]:
    """Return which part of the text an edit replaces, and by what; a new row replaces nothing."""
    if not block.value:
        inside = block.start_mark.index + 1
        return (inside, inside), f"{edit.region}: {_row(edit.after)}"
    for key, value in block.value:
        if key.value == edit.region:
            return (value.start_mark.index, value.end_mark.index), _row(edit.after)
    key, value = block.value[-1]
    end = _end(text, value)
    if block.flow_style:
        return (end, end), f", {edit.region}: {_row(edit.after)}"
    indent = " " * key.start_mark.column
    return (end, end), f"\n{indent}{edit.region}: {_row(edit.after)}"


def _end(text: str, node: yaml.Node) -> int:
    """Return where a value ends, without the blank that block scalars carry."""
    index = node.end_mark.index
    while text[index - 1].isspace():
        index -= 1
    return int(index)


def _row(price: Price) -> str:
    day = "" if price.date is None else f", date: {price.date.isoformat()}"
    quoted = re.sub(r'(["\\])', r"\\\1", price.source)
    return f'{{price: "{price.price:f}"{day}, source: "{quoted}"}}'


def _check(text: str, edits: Iterable[Edit]) -> None:
    table = PriceTable.model_validate(yaml.safe_load(text))
    for edit in edits:
        written = table.meters[edit.meter].prices.get(edit.region)
        if written != edit.after:
            raise TableFileError(f"{edit.meter} in {edit.region} would read {written}, not {edit.after}")


def _child(node: yaml.Node | None, key: str) -> yaml.Node:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    found: yaml.Node | None = next((value for name, value in pairs if name.value == key), None)
    if found is None:
        raise TableFileError(f"the price table has no {key!r}")
    return found
