"""The DNS records that a rehearsal believes in: a file beside the twin's state, since the twin owns no zone.

`dns.json` holds `[{"type": "TXT", "name": "asuid.chat.example.com", "value": "..."}]`, read at every use.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "dns.json"


class DnsFileError(Exception):
    """Say what is wrong with the file of records."""


@dataclass(frozen=True)
class Zone:
    """Answer for the records of one twin."""

    path: Path

    @classmethod
    def of(cls, state: Path) -> "Zone":
        """Return the records of the twin with this state folder."""
        return cls(state / FILE)

    def has(self, kind: str, name: str, value: str) -> bool:
        """Say whether there is such a record; names and hosts compare without regard to case."""
        wanted = (kind.upper(), name.lower().rstrip("."), value.lower().rstrip("."))
        return any(record == wanted for record in self._records())

    def _records(self) -> Iterator[tuple[str, str, str]]:
        if not self.path.is_file():
            return
        try:
            found: list[dict[str, Any]] = json.loads(self.path.read_text(encoding="utf-8"))
            for record in found:
                kind, name, value = (str(record[key]) for key in ("type", "name", "value"))
                yield kind.upper(), name.lower().rstrip("."), value.lower().rstrip(".")
        except (ValueError, KeyError, TypeError) as error:
            raise DnsFileError(
                f"{self.path} is no list of records with type, name and value: {error!r}"
            ) from error
