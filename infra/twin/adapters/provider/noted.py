"""The twin's findings beside the engine, which passes on nothing but an error's text."""

from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from infra.findings.model import Finding


class Noted:
    """Keep the findings of one run of the engine in a file that two processes know."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    @classmethod
    def of(cls, twin: Path) -> "Noted":
        """Return the notes of the twin whose state folder this is."""
        return cls(twin / "pulumi" / "findings.jsonl")

    def clear(self) -> None:
        """Forget what an earlier run noted."""
        self._path.unlink(missing_ok=True)

    def add(self, findings: Iterable[Finding]) -> None:
        """Note findings."""
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.writelines(f"{finding.model_dump_json()}\n" for finding in findings)

    def read(self) -> list[Finding]:
        """Return what was noted, each finding once."""
        if not self._path.is_file():
            return []
        lines = self._path.read_text(encoding="utf-8").splitlines()
        return [Finding.model_validate_json(line) for line in dict.fromkeys(lines)]
