"""Showing a rehearsal while it happens, on standard error."""

from typing import TYPE_CHECKING

from rich.text import Text

from infra.rehearsal.progress import Note, Progress, ResourceMoved, Sink, StageEnded, StageStarted

if TYPE_CHECKING:
    from rich.console import Console

NAME_WIDTH = 8


def printer(console: "Console") -> "Sink":
    """Return a sink that prints one line for each thing that happens."""

    def show(progress: "Progress") -> None:
        line = _line(progress)
        if line is not None:
            text, style = line
            console.print(Text(text, style=style), soft_wrap=True)

    return show


def _line(progress: "Progress") -> tuple[str, str] | None:

    match progress:
        case StageStarted(name):
            return f"{name:<{NAME_WIDTH}} ...", "dim"
        case StageEnded(name, seconds, detail):
            return f"{name:<{NAME_WIDTH}} {seconds:5.1f} s  {detail}", "bold"
        case ResourceMoved(kind, name, "created", seconds):
            return f"  + {kind.rpartition(':')[2]:<28} {name:<24} {seconds or 0:5.1f} s", ""
        case ResourceMoved(kind, name, "failed"):
            return f"  ! {kind.rpartition(':')[2]:<28} {name:<24} refused", "red"
        case Note(text):
            return text, ""
        case _:
            return None
