"""What each step of the Cosmos store decides: pure functions over the items it has seen."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from frmk.errors import (
    LeaseLostError,
    LimitError,
    RunNotFoundError,
    RunOverError,
    SequenceConflictError,
    ThreadBusyError,
    ThreadNotFoundError,
)
from frmk.events import Event
from frmk.runs import cosmos_documents as docs
from frmk.runs.cosmos_payload import Doc
from frmk.runs.cosmos_step import Seen, Step
from frmk.runs.models import Lease, Message, Run
from frmk.runs.states import RunStatus, is_over, restart
from frmk.runs.store import RunChange


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRun:
    """Hold what creating a run takes."""

    run: Run
    lease: Lease
    title: str
    busy_limit: int


def create_run(seen: Seen, new: NewRun) -> Step[None]:
    """Add a run to head and thread; raise ThreadBusyError or LimitError."""
    run = new.run
    head = seen.get(docs.HEAD) or docs.new_head(run.user)
    thread = seen.get(docs.thread_item(run.thread_id)) or docs.new_thread(run, new.title)
    _refuse_busy(head, thread, run, new.busy_limit)
    turn = thread["turns"] + 1
    items = docs.new_run_items(run, new.lease, turn)
    asked = Message(role="user", content=run.message, time=run.created_at, run_id=run.run_id)
    under_way = {"run_id": run.run_id, "thread_id": run.thread_id}
    return Step(
        result=None,
        write=[
            {**head, "active": {**head["active"], docs.key_of(run.run_id): under_way}},
            docs.touched({**thread, "turns": turn}, run.created_at),
        ],
        make=items,
        add=[docs.said_item(items[0], 0, [asked])],
    )


def _refuse_busy(head: Doc, thread: Doc, run: Run, busy_limit: int) -> None:
    if "deleting_since" in thread:
        raise ThreadBusyError(run.thread_id, None)
    active = head["active"].values()
    for other in active:
        if other["thread_id"] == run.thread_id:
            raise ThreadBusyError(run.thread_id, other["run_id"])
    if len(active) >= busy_limit:
        raise LimitError.for_runs(len(active), busy_limit)


def append(seen: Seen, lease: Lease, after: int, events: Sequence[Event], change: RunChange) -> Step[None]:
    """Add events and change their run; at its end also head, thread and conversation."""
    run = _held_run(seen, lease)
    if run["last_seq"] != after:
        raise SequenceConflictError(lease.run_id, expected=after, actual=run["last_seq"])
    changed = {
        **run,
        "status": change.status.value,
        "updated_at": docs.micros(change.updated_at),
        "usage": asdict(change.usage) if change.usage else run["usage"],
        "error": docs.short_error(change.error),
        "last_seq": after + len(events),
    }
    add = [docs.log_item(run, events)] if events else []
    if not is_over(change.status):
        return Step(result=None, write=[changed], add=add)
    del changed["lease_until"]
    if change.messages:
        add.append(docs.said_item(run, 1, change.messages))
    return Step(result=None, write=[changed, *_ended(seen, run, change.updated_at)], add=add)


def _ended(seen: Seen, run: Doc, now: datetime) -> list[Doc]:
    """Return head and thread after the end of a run; either may have expired."""
    changed = []
    head, thread = seen.get(docs.HEAD), seen.get(docs.thread_item(run["thread_id"]))
    if head is not None:
        changed.append(_without(head, {run["run_id"]}))
    if thread is not None:
        changed.append(docs.touched(thread, now))
    return changed


def _without(head: Doc, run_ids: set[str]) -> Doc:
    left = {key: run for key, run in head["active"].items() if run["run_id"] not in run_ids}
    return {**head, "active": left}


def request_cancel(seen: Seen, run_id: str) -> Step[Doc]:
    """Mark a run for its owner to cancel."""
    run = _run(seen, run_id)
    status = RunStatus(run["status"])
    if is_over(status):
        raise RunOverError(run_id, status)
    marked = {**run, "cancel_requested": True}
    return Step(result=marked, write=[marked])


def acquire(seen: Seen, wanted: Lease, now: datetime) -> Step[Lease | None]:
    """Give the run to this owner with the next attempt, if nobody holds it."""
    run = seen.get(docs.run_item(wanted.run_id))
    if run is None or run.get("lease_until", docs.micros(now) + 1) > docs.micros(now):
        return Step(result=None)
    attempt = run["attempt"] + 1
    taken = Lease(
        user=wanted.user, run_id=wanted.run_id, owner=wanted.owner, attempt=attempt, until=wanted.until
    )
    changed = {
        **run,
        "attempt": attempt,
        "status": restart(RunStatus(run["status"])).value,
        "updated_at": docs.micros(now),
        "owner": taken.owner,
        "lease_until": docs.micros(taken.until),
        "lease_length": docs.micros(taken.until) - docs.micros(now),
    }
    return Step(result=taken, write=[changed])


def prolong(seen: Seen, lease: Lease, until: datetime) -> Step[bool]:
    """Set when a lease ends; False if it is no longer the present one."""
    run = seen.get(docs.run_item(lease.run_id))
    if run is None or not holds(run, lease):
        return Step(result=False)
    return Step(result=True, write=[{**run, "lease_until": docs.micros(until)}])


def due(run: Doc, until: datetime) -> bool:
    """Say whether a lease has lost a quarter of its length, so that prolonging it is worth a write."""
    return docs.micros(until) - int(run["lease_until"]) >= int(run["lease_length"]) // 4


def holds(run: Doc, lease: Lease) -> bool:
    """Say whether this lease is the present one of its run."""
    return "lease_until" in run and (run["owner"], run["attempt"]) == (lease.owner, lease.attempt)


def begin_delete(seen: Seen, thread_id: str, now: datetime) -> Step[list[str]]:
    """Hide the thread; head is written too, so that no run can have begun meanwhile."""
    thread = seen.get(docs.thread_item(thread_id))
    if thread is None:
        raise ThreadNotFoundError(thread_id)
    head = seen.get(docs.HEAD)
    active = head["active"].values() if head else ()
    return Step(
        result=[run["run_id"] for run in active if run["thread_id"] == thread_id],
        write=[_hidden(thread, now), *([head] if head else [])],
    )


def hide(seen: Seen, thread_id: str, now: datetime) -> Step[None]:
    """Hide the thread if it is there."""
    thread = seen.get(docs.thread_item(thread_id))
    return Step(result=None, write=[] if thread is None else [_hidden(thread, now)])


def _hidden(thread: Doc, now: datetime) -> Doc:
    shown = {key: value for key, value in thread.items() if key != "listed"}
    return {**shown, "deleting_since": docs.micros(now)}


def forget_thread(seen: Seen, thread_id: str) -> Step[None]:
    """Remove the thread's own item, and its runs from head."""
    head, item_id = seen.get(docs.HEAD), docs.thread_item(thread_id)
    mine = (
        {run["run_id"] for run in head["active"].values() if run["thread_id"] == thread_id} if head else set()
    )
    write = [_without(head, mine)] if head and mine else []
    return Step(result=None, write=write, remove=[item_id] if item_id in seen else [])


def forget_runs(seen: Seen, run_ids: set[str]) -> Step[None]:
    """Remove runs from head that are there no more."""
    head = seen.get(docs.HEAD)
    return Step(result=None, write=[_without(head, run_ids)] if head else [])


def _run(seen: Seen, run_id: str) -> Doc:
    run = seen.get(docs.run_item(run_id))
    if run is None:
        raise RunNotFoundError(run_id)
    return run


def _held_run(seen: Seen, lease: Lease) -> Doc:
    run = _run(seen, lease.run_id)
    if not holds(run, lease):
        raise LeaseLostError(lease.run_id, lease.owner)
    return run
