"""The two streams of every command: the result on standard output, progress on standard error."""

import json
import os
import sys
from typing import Any

from rich.console import Console

PIPE_WIDTH = 120


def result() -> "Console":
    """Return the console for results."""
    return _console(to_error=False)


def progress() -> "Console":
    """Return the console for what happens meanwhile."""
    return _console(to_error=True)


def note(text: str) -> None:
    """Print one line of progress, whole."""
    progress().print(text, soft_wrap=True)


def emit(value: Any) -> None:
    """Print one JSON document as the result."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def _console(*, to_error: bool) -> "Console":

    stream = sys.stderr if to_error else sys.stdout
    # A pipe has no width of its own, and what is grepped must not be folded at 80 columns.
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(stderr=to_error, markup=False, emoji=False, highlight=False, width=width)
