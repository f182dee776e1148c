"""Two turns at once on one thread: noticed where the second one would extend what it has not seen.

A checkpoint's document id is the one place for a child of its parent, so the second child of a parent meets a
conflict without a request more. A turn that read its namespace's latest checkpoint, and extends that, is
guarded: there the conflict means that somebody was faster. A run from a checkpoint that its caller named is
not: there a second child is a fork, and wanted.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import NamedTuple

_REMEMBERED = 32


class Place(NamedTuple):
    """Name a namespace of a thread of a container."""

    container: str
    partition: str
    ns: str


@dataclass(slots=True)
class Tip:
    """Hold the checkpoint that the turn in this context extends next; None where there is none yet."""

    checkpoint_id: str | None


_seen: ContextVar[dict[Place, Tip] | None] = ContextVar("checkpoints_seen", default=None)


def saw_latest(place: Place, checkpoint_id: str | None) -> None:
    """Remember, in this context, what was the latest when it was read."""
    others = {known: tip for known, tip in (_seen.get() or {}).items() if known != place}
    for oldest in list(others)[: max(0, len(others) - _REMEMBERED + 1)]:
        del others[oldest]
    _seen.set({**others, place: Tip(checkpoint_id)})


def saw_named(place: Place) -> None:
    """Forget the latest: the caller named the checkpoint that goes on."""
    known = _seen.get()
    if known is not None and place in known:
        _seen.set({other: tip for other, tip in known.items() if other != place})


def guarded(place: Place, parent_id: str | None) -> Tip | None:
    """Return the tip that a checkpoint with this parent moves, or None where it is a fork."""
    tip = (_seen.get() or {}).get(place)
    return tip if tip is not None and tip.checkpoint_id == parent_id else None
