"""An executor that is watched: logs, metrics and spans from the events it yields."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from time import monotonic
from typing import Any, cast

import structlog

from app.database.charges import Charges
from app.metrics.registry import Metrics
from app.telemetry.calls import ModelCalls
from app.telemetry.logs import user_hash
from app.telemetry.spans import RunSpans
from app.telemetry.tracing import Tracing
from frmk.events import EventDraft, EventType
from frmk.runs.executor import Executor, Turn
from frmk.runs.ids import thread_key


class ObservedExecutor:
    """Pass an executor's events on and tell operators what they say, never what users wrote."""

    def __init__(
        self,
        executor: Executor,
        metrics: Metrics,
        tracing: Tracing,
        calls: ModelCalls,
        charges: Charges | None = None,
    ) -> None:
        self._executor = executor
        self._charges = charges
        self._calls = calls
        self._metrics = metrics
        self._tracing = tracing
        self._active = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def idle(self, within: float) -> bool:
        """Wait up to `within` seconds until nothing is executing."""
        try:
            await asyncio.wait_for(self._idle.wait(), within)
        except TimeoutError:
            return False
        return True

    def goals(self) -> Collection[str]:
        """Name the known goals, the default one first."""
        return self._executor.goals()

    async def forget(self, user: str, thread_id: str) -> None:
        """Remove every checkpoint of the user's thread."""
        await self._executor.forget(user, thread_id)

    async def execute(self, turn: Turn) -> AsyncIterator[EventDraft]:
        """Yield the executor's drafts, counted and timed."""
        log = structlog.get_logger("app.runs").bind(
            run_id=turn.run_id, thread_id=turn.thread_id, user=user_hash(turn.user)
        )
        began, outcome = monotonic(), "interrupted"
        spans = RunSpans(self._tracing.tracer, turn)
        log.info("run started", goal=turn.goal, attempt=turn.attempt)
        self._enter(1)
        try:
            with self._calls.of(turn.run_id, spans.called):
                async with aclosing(cast("Any", self._executor.execute(turn))) as drafts:
                    async for draft in drafts:
                        spans.saw(draft)
                        outcome = self._count(draft) or outcome
                        yield draft
        except Exception:
            outcome = "failed"
            raise
        finally:
            self._enter(-1)
            seconds = monotonic() - began
            spans.close(outcome)
            self._metrics.runs.labels(outcome).inc()
            self._metrics.run_seconds.observe(seconds)
            log.info("run ended", outcome=outcome, seconds=round(seconds, 3), **self._cost(turn))

    def _cost(self, turn: Turn) -> dict[str, Any]:
        """Return what the run has cost until its executor ended; storing its last events comes on top."""
        if self._charges is None:
            return {}
        spent = self._charges.take(thread_key(turn.user, turn.thread_id))
        return {
            "database_requests": spent.requests,
            "request_units": round(spent.request_units, 2),
            "modelled": self._charges.modelled,
        }

    def _enter(self, change: int) -> None:
        self._active += change
        (self._idle.clear if self._active else self._idle.set)()

    def _count(self, draft: EventDraft) -> str | None:
        data = draft.data
        if draft.type is EventType.TOOL_COMPLETED:
            self._metrics.tools.labels(str(data.get("tool")), "error" if data.get("error") else "ok").inc()
        supervisor = data.get("parent_run_id") is None
        if draft.type is EventType.AGENT_FAILED and supervisor:
            return "failed"
        if draft.type is not EventType.AGENT_COMPLETED or not supervisor:
            return None
        usage = data.get("usage") or {}
        for kind in ("input_tokens", "output_tokens"):
            self._metrics.tokens.labels(str(usage.get("model")), kind).inc(usage.get(kind) or 0)
        return "completed" if data.get("completed", True) else "partial"
