"""Which status a run may take after which."""

from enum import StrEnum
from functools import cache

from frmk.errors import IllegalMoveError


class RunStatus(StrEnum):
    """Name where a run stands."""

    PENDING = "pending"
    INITIALIZING = "initializing"
    RUNNING = "running"
    COORDINATING = "coordinating"
    WAITING_FOR_AGENTS = "waiting_for_agents"
    AGGREGATING_RESULTS = "aggregating_results"
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


_FORWARD = (
    RunStatus.PENDING,
    RunStatus.INITIALIZING,
    RunStatus.RUNNING,
    RunStatus.COORDINATING,
    RunStatus.WAITING_FOR_AGENTS,
    RunStatus.AGGREGATING_RESULTS,
)
_OVER = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED})


def is_over(status: RunStatus) -> bool:
    """Say whether a run of this status takes no more events."""
    return status in _OVER


@cache
def successors(status: RunStatus) -> frozenset[RunStatus]:
    """Return every status that may follow this one."""
    if is_over(status):
        return frozenset()
    if status is RunStatus.WAITING_FOR_APPROVAL:
        return _OVER | {RunStatus.RUNNING, RunStatus.COORDINATING}
    later = _FORWARD[_FORWARD.index(status) + 1 :]
    if status is RunStatus.WAITING_FOR_AGENTS:
        later = (*later, RunStatus.COORDINATING)
    if status not in _FORWARD[:2]:
        later = (*later, RunStatus.WAITING_FOR_APPROVAL)
    return _OVER.union(later)


def move(status: RunStatus, to: RunStatus) -> RunStatus:
    """Return `to` where it may follow `status`; raise IllegalMoveError where it may not."""
    if to not in successors(status):
        allowed = ", ".join(sorted(successors(status))) or "nothing: the run is over"
        raise IllegalMoveError(f"A run that is {status} cannot become {to}. Allowed next: {allowed}.")
    return to


def advance(status: RunStatus, to: RunStatus) -> RunStatus:
    """Return `to` where it may follow, else the present status: work that repeats does not go back."""
    return to if to in successors(status) else status


def restart(status: RunStatus) -> RunStatus:
    """Return where another replica begins with a run that lost its owner."""
    if is_over(status):
        raise IllegalMoveError(f"A run that is {status} cannot be taken over: it is over.")
    return RunStatus.INITIALIZING
