"""Carry the map from SDK inputs to request bodies: `python -m infra.twin.types.compact_sdk SRC DEST`.

SRC holds `map.json` (derived from pulumi-azure-native, Apache-2.0). DEST keeps, for the types that the
program may write, only what differs from "the same name at the same place": the rest needs no map.
"""

import json
import sys
from pathlib import Path
from typing import Any

from infra.twin.types.carry import TOKENS
from infra.twin.types.source import read_table

NOTICE = "Derived from pulumi-azure-native (Apache-2.0) by introspection; see NOTICE."
KEPT = ("arm", "api", "params", "auto", "fixed")
# The SDK has one input for what is part of the path and of the body: "User defined name if this WebTest".
IN_PATH_AND_BODY = {"applicationinsights:WebTest": {"webTestName": ["properties", "Name"]}}


class Compactor:
    """Collect the types that need a map."""

    def __init__(self, types: dict[str, Any]) -> None:
        self.source = types
        self.types: dict[str, dict[str, Any]] = {}
        self._open: set[str] = set()

    def props(self, key: str) -> dict[str, Any]:
        """Return the properties of one type whose place or form changes on the way."""
        changed = {}
        for name, prop in self.source[key]["props"].items():
            entry: dict[str, Any] = {"param": True} if prop.get("param") else {}
            if not entry and prop["path"] != [name]:
                entry["at"] = prop["path"]
            form = self._form(prop["t"])
            if form is not None:
                entry["form"] = form
            if entry:
                changed[name] = entry
        return changed

    def _form(self, kind: dict[str, Any]) -> Any:
        if kind.get("set"):
            return "set"
        if kind["k"] in {"arr", "map"} and "of" in kind:
            inner = self._form(kind["of"])
            return None if inner is None else {kind["k"]: inner}
        found = [form for form in map(self._alternative, kind.get("alts", ())) if form]
        return {"one": found} if found else None

    def _alternative(self, alternative: dict[str, Any]) -> dict[str, Any] | None:
        key = alternative["m"]
        if key in self._open:
            return None
        self._open.add(key)
        props = self.props(key)
        self._open.discard(key)
        if not props:
            return None
        name = key.partition("|")[0]
        self.types[name] = props
        return {"type": name, **({"when": alternative["d"]} if "d" in alternative else {})}


def compact(source: Path) -> dict[str, Any]:
    """Return the carried form of a source folder's map for TOKENS."""
    table = read_table(source)
    compactor = Compactor(table["types"])
    tokens = {}
    for token in TOKENS:
        entry = table["tokens"][token]
        kept = {key: entry[key] for key in KEPT if key in entry}
        props = compactor.props(entry["map"])
        for name, place in IN_PATH_AND_BODY.get(token, {}).items():
            props[name] = {**props[name], "at": place}
        tokens[token] = {**kept, "props": props}
    return {"notice": NOTICE, "sdk": table["sdk"], "tokens": tokens, "types": compactor.types}


def main(source: str, destination: str) -> None:
    """Write the carried map."""
    text = json.dumps(compact(Path(source)), separators=(",", ":"), sort_keys=True)
    Path(destination).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
