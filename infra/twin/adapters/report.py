"""What an adapter says while it works: JSON lines on standard output."""

import json
import logging
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

    def error(self, message: str, code: str | None, fix: str | None = None) -> None:
        """Write an error; `code` is a finding's, or None."""
        self.emit("error", message=message, code=code, fix=fix)


class _ProgramLog(logging.Handler):
    """Pass what the program says through Pulumi's log on as progress."""

    def __init__(self, report: Report) -> None:
        super().__init__(logging.INFO)
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        """Write one message at once."""
        self._report.emit("progress", message=record.getMessage())


def program_log(report: Report) -> logging.Logger:
    """Return a logger whose messages become the report's progress."""
    logger = logging.getLogger("infra.program")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(_ProgramLog(report))
    return logger
