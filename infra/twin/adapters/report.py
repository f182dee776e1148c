"""What an adapter says while it works: JSON lines on standard output."""

import json
import sys
from threading import Lock
from typing import Any

from infra.findings.model import Finding


class Report:
    """Write events, one JSON object a line."""

    def __init__(self) -> None:
        self._lock = Lock()

    def emit(self, event: str, **fields: Any) -> None:
        """Write one event at once."""
        line = json.dumps({"event": event, **fields}, default=str)
        with self._lock:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    def finding(self, finding: Finding) -> None:
        """Write a finding."""
        self.emit("finding", **finding.model_dump())

    def error(self, message: str, code: str | None) -> None:
        """Write an error; `code` is a finding's, or None."""
        self.emit("error", message=message, code=code)
