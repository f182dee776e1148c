"""What the types are carried from: a source folder, and the types that it leaves out."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

_SUPPLEMENTS = ("supplement.json", "edge.json")
_PARTS = ("arm", "tokens", "types")


def read_table(source: Path) -> dict[str, Any]:
    """Return a source folder's map with the supplement's types in it."""
    table: dict[str, Any] = json.loads((source / "map.json").read_text(encoding="utf-8"))
    added = _supplement()
    return {
        **table,
        "tokens": {**added["tokens"], **table["tokens"]},
        "types": {**added["types"], **table["types"]},
    }


def read_definitions(source: Path, file: str) -> dict[str, Any]:
    """Return the definitions of one file of a source folder, or of the supplement."""
    added = _supplement()["arm"].get(file)
    if added is not None:
        return dict(added)
    found = json.loads((source / "arm" / f"{file}.json").read_text(encoding="utf-8"))
    return dict(found["types"])


def _supplement() -> dict[str, Any]:
    """Return what was written by hand and what was derived from the SDK's classes, as one."""
    folder = files("infra.twin.types")
    found = [json.loads(folder.joinpath(name).read_text(encoding="utf-8")) for name in _SUPPLEMENTS]
    return {part: {key: value for one in found for key, value in one[part].items()} for part in _PARTS}
