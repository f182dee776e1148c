"""The end of what apps print, from where a reader has come to."""

from infra.twin.page.model import LogPart, clipped
from infra.twin.runtime.console import Console

FIRST_LINES, MOST_LINES, LONGEST_LINE = 200, 500, 1_000


def log_part(console: Console, after: int | None) -> LogPart:
    """Return the lines after the first `after`, or the last ones for a reader who has none yet."""
    lines, reached = console.since(after or 0)
    if after is None or after > reached:
        fresh = console.tail(FIRST_LINES)
        return LogPart(lines=_clip(fresh), next=reached, missed=max(0, reached - len(fresh)))
    fresh = lines[-MOST_LINES:] if reached > after else []
    return LogPart(lines=_clip(fresh), next=reached, missed=max(0, reached - after - len(fresh)))


def _clip(lines: list[str]) -> tuple[str, ...]:
    return tuple(clipped(line, LONGEST_LINE) for line in lines)
