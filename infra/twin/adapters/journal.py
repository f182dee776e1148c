"""What the last deployment made, so that the next one removes what the program no longer asks for."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock


@dataclass(frozen=True, kw_only=True)
class Made:
    """Hold one resource that exists because of a program."""

    urn: str
    type: str
    name: str
    id: str
    api_version: str


class Journal:
    """Keep the resources of one stack in the order of their making, in a file beside the twin's state."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        text = path.read_text(encoding="utf-8") if path.is_file() else "[]"
        self._before = {made.id.lower(): made for made in (Made(**entry) for entry in json.loads(text))}
        self._now: dict[str, Made] = {}

    def add(self, made: Made) -> None:
        """Note that a resource exists, at once, so that a crash forgets nothing."""
        with self._lock:
            self._now[made.id.lower()] = made
            self._save({**self._before, **self._now})

    def vanished(self) -> list[Made]:
        """Return what the last deployment made and this one did not ask for, last made first."""
        return [made for key, made in reversed(self._before.items()) if key not in self._now]

    def remove(self, made: Made) -> None:
        """Note that a resource is gone."""
        with self._lock:
            self._before.pop(made.id.lower(), None)
            self._save({**self._before, **self._now})

    def _save(self, entries: dict[str, Made]) -> None:
        text = json.dumps([asdict(made) for made in entries.values()], indent=1)
        waiting = self._path.with_suffix(".new")
        waiting.write_text(text + "\n", encoding="utf-8")
        waiting.replace(self._path)
