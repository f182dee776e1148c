"""The one way runs are kept: what memory, SQLite and every later store must do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from frmk.events import Event
from frmk.runs.models import Lease, Message, Run, Thread, ThreadSummary, Usage
from frmk.runs.states import RunStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class RunChange:
    """Say how a run stands after a batch of events; a status that is over ends its lease."""

    status: RunStatus
    updated_at: datetime
    usage: Usage | None = None
    error: str | None = None
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Renewal:
    """Say which runs a replica has lost, and which ones somebody asked to cancel."""

    lost: frozenset[str] = field(default_factory=frozenset)
    cancelled: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """Say how often a store may be turned to where each turn costs: 0 where it may be at any time."""

    append_seconds: float = 0.0
    look_seconds: float = 0.0


class RunStore(Protocol):
    """Keep threads, runs, their events, leases and single-use secrets.

    Everything but secrets is found by its user first; another user's id is unknown. Each method is one
    atomic step. A store that cannot do its work raises StoreError.
    """

    @property
    def name(self) -> str:
        """Name the store as health checks and reports show it."""
        ...

    @property
    def pace(self) -> Pace:
        """Say how often to append to one run, and how often to look for runs without an owner."""
        ...

    async def open(self) -> None:
        """Make the store ready; opening twice does nothing."""
        ...

    async def close(self) -> None:
        """Let go of files and connections."""
        ...

    async def check(self) -> None:
        """Raise StoreError unless the store can be read and written."""
        ...

    async def create_run(self, run: Run, lease: Lease, *, title: str, busy_limit: int) -> None:
        """Add a run owned by `lease`, its thread if that is new, and the user's message.

        Raises ThreadBusyError if a run of that thread is not over, LimitError if `busy_limit` runs of the
        user are not over.
        """
        ...

    async def run(self, user: str, run_id: str) -> Run:
        """Return the run, or raise RunNotFoundError."""
        ...

    async def append(self, lease: Lease, after: int, events: Sequence[Event], change: RunChange) -> None:
        """Add events numbered from `after + 1` together with the change of their run.

        Raises RunNotFoundError, LeaseLostError unless `lease` is the present one, and
        SequenceConflictError unless the last number is `after`.
        """
        ...

    async def read(self, user: str, run_id: str, after: int, limit: int = 500) -> list[Event]:
        """Return up to `limit` events numbered above `after`, in order."""
        ...

    async def changed(self, user: str, run_id: str, after: int, timeout: float) -> None:  # noqa: ASYNC109  # the protocol's word
        """Return once the run has an event above `after`, is over or gone, or `timeout` seconds passed."""
        ...

    async def request_cancel(self, user: str, run_id: str) -> Run:
        """Mark the run for its owner to cancel; raise RunOverError if it has ended."""
        ...

    async def acquire(
        self, user: str, run_id: str, owner: str, *, now: datetime, until: datetime
    ) -> Lease | None:
        """Take over a run whose lease has expired, with the next attempt; None if it is held or over."""
        ...

    async def renew(self, leases: Sequence[Lease], until: datetime) -> Renewal:
        """Prolong these leases of one replica as far as they are still its own.

        A lease that has more than three quarters of its length left may stay as it is.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """Let go of a run at once, so that another replica may acquire it."""
        ...

    async def expired(self, now: datetime, limit: int = 20) -> list[tuple[str, str]]:
        """Return user and id of runs that are not over and have no owner."""
        ...

    async def threads(
        self, user: str, limit: int, before: tuple[datetime, str] | None
    ) -> list[ThreadSummary]:
        """Return threads by time of update and id, descending, below `before`."""
        ...

    async def thread(self, user: str, thread_id: str) -> Thread:
        """Return the thread with its messages, or raise ThreadNotFoundError."""
        ...

    async def begin_delete(self, user: str, thread_id: str) -> list[str]:
        """Hide the thread, refuse new runs on it, and return the ids of its runs that are not over.

        Raises ThreadNotFoundError. May be repeated until `delete_thread` is done.
        """
        ...

    async def delete_thread(self, user: str, thread_id: str) -> None:
        """Remove the thread and every trace of it: runs, events and messages."""
        ...

    async def deleting(self, before: datetime, limit: int = 20) -> list[tuple[str, str]]:
        """Return user and id of threads whose deletion began before that moment and is not done."""
        ...

    async def delete_user(self, user: str) -> list[str]:
        """Remove every trace of a user: threads, runs, events, messages, tickets and sessions.

        Returns the ids of the threads, whose checkpoints are the caller's to delete. May be repeated.
        """
        ...

    async def put_secret(self, kind: str, digest: str, user: str, expires_at: datetime) -> None:
        """Keep the digest of a ticket or a session until it expires."""
        ...

    async def take_secret(self, kind: str, digest: str, now: datetime) -> str | None:
        """Remove a secret and return its user; None if it is unknown, used or expired."""
        ...

    async def peek_secret(self, kind: str, digest: str, now: datetime) -> str | None:
        """Return a secret's user and keep it; None if it is unknown or expired."""
        ...
