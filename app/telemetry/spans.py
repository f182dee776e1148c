"""Spans of one run: the run, its agents and their tools, as its events open and close them."""

from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, StatusCode, Tracer

from app.telemetry.logs import user_hash
from frmk.events import EventDraft, EventType
from frmk.runs.executor import Turn


class RunSpans:
    """Keep the open spans of a run; without a tracer it does nothing."""

    def __init__(self, tracer: Tracer | None, turn: Turn) -> None:
        self._tracer = tracer
        self._open: dict[str, Span] = {}
        if tracer is not None:
            names: dict[str, str | int] = {
                "seatrial.run_id": turn.run_id,
                "seatrial.thread_id": turn.thread_id,
                "seatrial.user": user_hash(turn.user),
                "seatrial.goal": turn.goal,
                "seatrial.attempt": turn.attempt,
            }
            self._open["run"] = tracer.start_span("run", attributes=names)

    def saw(self, draft: EventDraft) -> None:
        """Open or close the span that this event is about."""
        if self._tracer is None:
            return
        data = draft.data
        agent = f"agent:{data.get('agent_run_id')}"
        tool = f"tool:{data.get('tool_call_id')}"
        match draft.type:
            case EventType.AGENT_STARTED:
                self._start(agent, f"agent {draft.agent}", f"agent:{data.get('parent_run_id')}")
            case EventType.AGENT_COMPLETED | EventType.AGENT_FAILED:
                self._spend(data)
                self._end(agent, data.get("error"))
            case EventType.TOOL_EXECUTING:
                self._start(tool, f"tool {data.get('tool')}", agent)
            case EventType.TOOL_COMPLETED:
                self._end(tool, data.get("error"))
            case _:
                return

    def close(self, outcome: str) -> None:
        """Close whatever is open, innermost first."""
        for key in reversed(tuple(self._open)):
            if key == "run":
                self._open[key].set_attribute("seatrial.outcome", outcome)
            self._end(key, None)

    def _spend(self, data: dict[str, Any]) -> None:
        """Note on the run's span what its supervisor says that all of it took."""
        usage = data.get("usage")
        if data.get("parent_run_id") is not None or not usage or "run" not in self._open:
            return
        price = usage.get("price") or {}
        figures = {
            "gen_ai.response.model": usage.get("model"),
            "gen_ai.usage.input_tokens": usage.get("input_tokens"),
            "gen_ai.usage.output_tokens": usage.get("output_tokens"),
            "seatrial.request_units": usage.get("request_units"),
            "seatrial.price": price.get("total"),
            "seatrial.currency": price.get("currency"),
        }
        self._open["run"].set_attributes({name: told for name, told in figures.items() if told is not None})

    def _start(self, key: str, name: str, parent: str) -> None:
        tracer = self._tracer
        if tracer is not None:
            context = trace.set_span_in_context(self._open.get(parent, self._open["run"]))
            self._open[key] = tracer.start_span(name, context=context)

    def _end(self, key: str, error: Any) -> None:
        span = self._open.pop(key, None)
        if span is not None:
            if error:
                # The text of an error may quote what a user wrote.
                span.set_status(StatusCode.ERROR)
            span.end()
