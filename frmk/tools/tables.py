"""Tables of facts in JSON files: looked up by name, with the nearest names for one that is not there."""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from frmk.errors import GoalError, ToolInputError


def folded(text: str) -> str:
    """Return text without case and accents, for comparing."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


@dataclass(frozen=True)
class Table:
    """Hold rows by name; a row may list further names of its own under `also`."""

    what: str
    rows: dict[str, dict[str, Any]]
    names: dict[str, str]

    def row(self, name: str) -> dict[str, Any]:
        """Return a row with its `name`; ToolInputError lists the nearest names."""
        key = self.names.get(folded(name))
        if key is None:
            raise ToolInputError(self._unknown(name))
        return {"name": key, **self.rows[key]}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return ({"name": name, **row} for name, row in self.rows.items())

    def _unknown(self, name: str) -> str:
        near = [self.names[key] for key in get_close_matches(folded(name), self.names, n=3, cutoff=0.6)]
        nearest = list(dict.fromkeys(near))
        if nearest:
            return f"There is no {self.what} {name!r}. Nearest: {', '.join(nearest)}."
        return f"There is no {self.what} {name!r}. Known: {', '.join(sorted(self.rows))}."


def read_table(path: Path) -> Table:
    """Read `{"what": "...", "rows": {name: {...}}}`; GoalError where the file is something else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        rows: dict[str, dict[str, Any]] = data["rows"]
        names = {folded(name): name for name in rows}
        for name, row in rows.items():
            names |= {folded(other): name for other in row.get("also", ())}
        return Table(what=str(data["what"]), rows=rows, names=names)
    except OSError as error:
        raise GoalError(f"table {path}: cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GoalError(
            f'table {path}: {error!r}. A table is JSON: {{"what": ..., "rows": {{name: {{...}}}}}}.'
        ) from None
