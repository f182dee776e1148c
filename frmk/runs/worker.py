"""Carrying one run from its first event to its last, as its only owner."""

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto

import rfc8785

from frmk.errors import (
    ConflictError,
    ExecutorError,
    FrameworkError,
    NotFoundError,
    StoreError,
)
from frmk.events import Event, EventDraft, EventType
from frmk.runs.coalesce import Coalescer
from frmk.runs.executor import Executor, Turn
from frmk.runs.ledger import Ledger
from frmk.runs.models import Lease, Run, RunLimits
from frmk.runs.scribe import Scribe, check_json, usage_of
from frmk.runs.states import RunStatus, move
from frmk.runs.store import RunChange, RunStore
from frmk.runs.tail import Tail

_log = logging.getLogger(__name__)
_AHEAD = 256
_DETAIL = 2_000


class Stop(Enum):
    """Say why a run stops before its executor is done."""

    CANCEL = auto()
    HAND_OVER = auto()
    LOST = auto()


class Worker:
    """Take drafts from the executor, number them, and store them in small batches.

    The executor waits when the store is slow; nobody waits for readers. What a reader sees is stored: a
    number never means another event after a crash. So a store's pace bounds how live events are: one that
    comes alone is stored at once, more within `append_seconds` of it wait for each other, the end for none.
    """

    def __init__(
        self, run: Run, lease: Lease, *, store: RunStore, executor: Executor, limits: RunLimits
    ) -> None:
        self.run = run
        self.lease = lease
        self.tail = Tail(run.last_seq)
        self._store = store
        self._executor = executor
        self._limits = limits
        self._ledger = Ledger(run.status)
        self._scribe = Scribe(run)
        self._coalescer = Coalescer(limits.coalesce_seconds)
        self._inbox: deque[EventDraft] = deque()
        self._ready: list[EventDraft] = []
        self._free_at = 0.0
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._stop: Stop | None = None

    @property
    def lost(self) -> bool:
        """Say whether another replica has taken the run, or its thread was deleted."""
        return self._stop is Stop.LOST

    def stop(self, why: Stop) -> None:
        """Ask the run to stop; the first reason counts, but a lost run never writes again."""
        if self._stop is None or why is Stop.LOST:
            self._stop = why
        self._wake.set()

    async def work(self, events: Sequence[Event] = ()) -> None:
        """Carry the run to its end; `events` are those that an earlier owner has stored."""
        self._ledger.replay(events)
        self._scribe.replay(events)
        try:
            await self._work()
        except (ConflictError, NotFoundError) as error:
            self._stop = Stop.LOST
            _log.warning("run lost: %s", error, extra=self._where())
        except StoreError as error:
            _log.exception("run cannot be stored", extra=self._where())
            self.tail.error = error
        finally:
            self.tail.end()

    async def _work(self) -> None:
        if self.run.cancel_requested:
            await self._fail("Cancelled", "The run was cancelled.", RunStatus.CANCELLED)
            return
        if self.run.attempt > self._limits.attempts:
            await self._fail("Interrupted", f"The run lost its replica {self._limits.attempts} times.")
            return
        if not self._ledger.idle:
            await self._close_interrupted()
        producer = asyncio.create_task(self._produce())
        producer.add_done_callback(lambda _: self._wake.set())
        try:
            await self._carry(producer)
        finally:
            await self._end(producer)

    async def _close_interrupted(self) -> None:
        detail = "The replica that ran this is gone; another one goes on from the last checkpoint."
        drafts = self._ledger.close("Interrupted", detail)
        drafts[-1].data["recovered_by"] = drafts[-1].agent
        await self._append(drafts)

    async def _produce(self) -> None:
        """Let the executor work, at most some drafts ahead of the store."""
        run = self.run
        turn = Turn(
            run_id=run.run_id,
            user=run.user,
            thread_id=run.thread_id,
            message=run.message,
            context=run.context,
            goal=run.goal,
            attempt=run.attempt,
        )
        drafts = self._executor.execute(turn)
        try:
            async for draft in drafts:
                self._inbox.append(draft)
                self._wake.set()
                while len(self._inbox) >= _AHEAD:
                    self._room.clear()
                    await self._room.wait()
        finally:
            close = getattr(drafts, "aclose", None)
            if close is not None:
                await close()

    async def _carry(self, producer: asyncio.Task[None]) -> None:
        """Store what comes until the executor is done, or somebody stops the run."""
        deadline = asyncio.get_running_loop().time() + self._limits.run_seconds
        while self._stop is None:
            done = producer.done()
            try:
                self._take()
                await self._append_ready()
            except ExecutorError as error:
                await self._fail(type(error).__name__, str(error))
                return
            if done and not self._inbox:
                await self._finish(producer)
                return
            if self._ledger.ending:
                # The answer is whole: the executor only tidies up, and may not take long over it.
                deadline = min(deadline, asyncio.get_running_loop().time() + self._limits.stop_seconds)
            if not await self._news(deadline):
                await self._time_out()
                return
        await self._stopped(self._stop, producer)

    def _take(self) -> None:
        """Move what the executor has told through the ledger and the coalescer."""
        now = asyncio.get_running_loop().time()
        allowed = self._limits.events_per_run
        if self._scribe.seq > allowed:
            self._inbox.clear()
            raise ExecutorError(f"The run has told {self._scribe.seq} events; allowed are {allowed}.")
        try:
            while self._inbox:
                draft = self._inbox.popleft()
                check_json(draft)
                for told in self._ledger.accept(draft):
                    self._ready += self._coalescer.push(told, now)
        finally:
            self._room.set()
        self._ready += self._coalescer.due(now)

    async def _news(self, deadline: float) -> bool:
        """Wait for drafts, the executor's end, a reason to stop, or held text; False past the deadline."""
        loop = asyncio.get_running_loop()
        if loop.time() >= deadline:
            return False
        if self._inbox:
            return True
        until = min(deadline, self._coalescer.deadline or deadline)
        if self._ready:
            until = min(until, self._free_at)
        timer = loop.call_at(until, self._wake.set)
        await self._wake.wait()
        self._wake.clear()
        timer.cancel()
        return loop.time() < deadline

    async def _finish(self, producer: asyncio.Task[None]) -> None:
        """End the run as its executor ended it."""
        error = None if producer.cancelled() else producer.exception()
        held = self._ledger.held
        if held is not None and (error is None or held.type is EventType.AGENT_COMPLETED):
            if error is not None:
                _log.error("executor broke after its answer", exc_info=error, extra=self._where())
            await self._settle()
        elif isinstance(error, FrameworkError):
            await self._fail(type(error).__name__, str(error))
        elif error is not None:
            _log.error("executor broke", exc_info=error, extra=self._where())
            await self._fail("InternalError", "The run broke; the server's log says why.")
        else:
            await self._fail("ExecutorError", "The executor stopped before its supervisor ended.")

    async def _time_out(self) -> None:
        if self._ledger.held is not None:
            await self._settle()
        else:
            await self._fail("RunTimeout", f"The run took longer than {self._limits.run_seconds:g} s.")

    async def _stopped(self, why: Stop, producer: asyncio.Task[None]) -> None:
        if why is Stop.LOST:
            return
        await self._end(producer)
        self._take_quietly()
        held = self._ledger.held
        if held is not None and held.type is EventType.AGENT_COMPLETED:
            await self._settle()
        elif why is Stop.CANCEL:
            await self._fail("Cancelled", "The run was cancelled.", RunStatus.CANCELLED)
        else:
            await self._append(self._coalescer.flush())
            await self._store.release(self.lease)

    def _take_quietly(self) -> None:
        """Take what was told before the stop; what has no place any more is dropped."""
        try:
            self._take()
        except ExecutorError as error:
            _log.warning("executor stopped in disorder: %s", error, extra=self._where())

    async def _end(self, producer: asyncio.Task[None]) -> None:
        """Cancel the executor and wait for it, but not for ever."""
        if producer.done():
            return
        producer.cancel()
        _, late = await asyncio.wait((producer,), timeout=self._limits.stop_seconds)
        if late:
            _log.error("executor ignores its cancellation", extra=self._where())

    async def _settle(self) -> None:
        end, status = self._ledger.settle()
        failed = status is RunStatus.FAILED
        error = f"{end.data.get('error')}: {end.data.get('detail')}" if failed else None
        await self._append([*self._coalescer.flush(), end], status=status, error=error)

    async def _fail(self, error: str, detail: str, status: RunStatus = RunStatus.FAILED) -> None:
        """Close everything that is open, children first, and end the run."""
        detail = detail[:_DETAIL].encode(errors="replace").decode()
        drafts = self._coalescer.flush()
        if self._ledger.idle:
            drafts += self._ledger.accept(self._first_draft())
        drafts += self._ledger.close(error, detail)
        await self._append(drafts, status=status, error=f"{error}: {detail}")

    def _first_draft(self) -> EventDraft:
        """Return the start of a supervisor that never came to say so itself."""
        digest = hashlib.sha256(rfc8785.dumps(self.run.context)).hexdigest()
        ids = {"agent_run_id": f"{self.run.run_id}.{self.run.attempt}", "parent_run_id": None}
        return EventDraft(
            type=EventType.AGENT_STARTED,
            agent="supervisor",
            data={"parent": None, "context_hash": digest, **ids},
        )

    async def _append_ready(self) -> None:
        """Store what is ready, unless the last append was so recent that more may join it."""
        due = len(self._ready) >= _AHEAD or asyncio.get_running_loop().time() >= self._free_at
        if self._ready and due:
            await self._append(())

    async def _append(
        self, drafts: Sequence[EventDraft], *, status: RunStatus | None = None, error: str | None = None
    ) -> None:
        """Store drafts as numbered events; with a `status` they end the run."""
        drafts = [*self._ready, *drafts]
        self._ready = []
        if not drafts:
            return
        after = self._scribe.seq
        events = self._scribe.write(drafts, final=status is not None)
        change = self._change(events[-1], status, error)
        self._free_at = asyncio.get_running_loop().time() + self._store.pace.append_seconds
        self._coalescer.not_before = self._free_at
        await self._store.append(self.lease, after, events, change)
        self.tail.publish(events)

    def _change(self, last: Event, status: RunStatus | None, error: str | None) -> RunChange:
        change = RunChange(status=self._ledger.status, updated_at=last.time, error=error)
        if status is None:
            return change
        change = replace(change, status=move(change.status, status))
        completed = status is RunStatus.COMPLETED
        messages = self._scribe.history(last) if completed else ()
        return replace(change, usage=usage_of(last.data), messages=messages)

    def _where(self) -> dict[str, str]:
        return {"run_id": self.run.run_id, "thread_id": self.run.thread_id}
