"""Markdown whose cells come from tools: nothing in them may be read as markup or as somebody's name."""

from collections.abc import Iterable, Sequence

LONGEST_CELL = 300
# GitHub takes 65,536 characters; the rest is for the sentence that says what was left out.
LONGEST_BODY = 65_000
CUT = "\n\n(cut: the whole is in the run's artifacts)\n"


def code(text: object) -> str:
    """Return text as a code span: no markup, no mention, no table's border."""
    plain = " ".join(str(text).split()).replace("`", "'").replace("|", "\\|")
    shown = plain if len(plain) <= LONGEST_CELL else f"{plain[:LONGEST_CELL]}..."
    return f"`{shown}`" if shown else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table's lines."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def folded(summary: str, lines: Iterable[str]) -> list[str]:
    """Return lines that open when they are asked for."""
    return [f"<details><summary>{summary}</summary>", "", *lines, "", "</details>"]


def bounded(text: str) -> str:
    """Return a body that GitHub takes, cut at a line."""
    if len(text) <= LONGEST_BODY:
        return text
    kept = text[: LONGEST_BODY - len(CUT)].rpartition("\n")[0]
    fence = "\n```" if kept.count("\n```") % 2 else ""
    opened = kept.count("<details>") - kept.count("</details>")
    return kept + fence + "\n" + "\n</details>\n" * opened + CUT
