"""Showing the traces that a rehearsed stack's Application Insights received, as trees."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from infra.twin.client import TwinClient

_SHOWN = (
    "gen_ai.response.model",
    "gen_ai.request.model",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "seatrial.estimated",
    "seatrial.error",
    "seatrial.outcome",
)


def traces_of(twin: TwinClient, run_id: str | None, limit: int) -> list[dict[str, Any]]:
    """Return the latest traces of runs, or the one of a run, each with its spans."""
    found = twin.traces(limit, run_id, runs_only=True)
    return [{**trace, "spans": twin.trace(trace["operation_id"])["spans"]} for trace in found]


def show(console: Console, traces: list[dict[str, Any]]) -> None:
    """Print each trace as a tree of spans with their durations."""
    for trace in traces:
        title = f"{trace['start'][:19]}  {trace['run_id'] or trace['operation_id']}  {trace['seconds']:.3f} s"
        root = Tree(Text(title, style="bold"))
        for span in trace["spans"]:
            _grow(root, span)
        console.print(root)


def _grow(tree: Tree, span: dict[str, Any]) -> None:
    failed = "" if span["success"] else "  failed"
    times = f"{span['seconds']:9.3f} s  +{span['offset']:.3f}"
    label = Text.assemble(span["name"], "  ", (times.strip(), "cyan"), (failed, "red"), (_told(span), "dim"))
    branch = tree.add(label)
    for note in span["notes"]:
        branch.add(Text(f"{note['table']}: {note['text']}", style="yellow"))
    for child in span["children"]:
        _grow(branch, child)


def _told(span: dict[str, Any]) -> str:
    return "".join(f"  {name.rpartition('.')[2]}={value}" for name, value in _figures(span))


def _figures(span: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, span["properties"][name]) for name in _SHOWN if name in span["properties"])
