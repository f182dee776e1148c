"""Spans of one run: the run, its agents, their tools and their calls of models.

Agents, tools and calls have the names and attributes of OpenTelemetry's conventions for generative AI
(https://opentelemetry.io/docs/specs/semconv/gen-ai/: gen-ai-spans and gen-ai-agent-spans); what users and
models wrote is in none.
"""

from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer

from app.telemetry.logs import user_hash
from frmk.events import EventDraft, EventType
from frmk.llm.calls import ModelCall, Spent
from frmk.runs.executor import Turn

_OTHER = "_OTHER"
_CALLED_OFF = "CancelledError"


class RunSpans:
    """Keep the open spans of a run; without a tracer it does nothing."""

    def __init__(self, tracer: Tracer | None, turn: Turn) -> None:
        self._tracer = tracer
        self._conversation = turn.thread_id
        self._open: dict[str, Span] = {}
        self._calls: dict[str, list[ModelCall]] = {}
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
                about = {**_agent(draft), "gen_ai.conversation.id": self._conversation}
                self._start(agent, f"invoke_agent {draft.agent}", about, f"agent:{data.get('parent_run_id')}")
            case EventType.AGENT_COMPLETED | EventType.AGENT_FAILED:
                self._spend(data)
                self._tell_calls(agent)
                self._end(agent, data.get("error"))
            case EventType.TOOL_EXECUTING:
                self._start(tool, f"execute_tool {data.get('tool')}", _tool(draft), agent)
            case EventType.TOOL_COMPLETED:
                # The text of an error may quote what a user wrote.
                self._end(tool, _OTHER if data.get("error") else None)
            case _:
                return

    def called(self, call: ModelCall) -> None:
        """Keep a call until its agent's span closes: that one may not be open yet."""
        if self._tracer is not None:
            self._calls.setdefault(f"agent:{call.agent_run_id}", []).append(call)

    def close(self, outcome: str) -> None:
        """Close whatever is open, innermost first."""
        for key in tuple(self._calls):
            self._tell_calls(key)
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

    def _start(self, key: str, name: str, about: dict[str, Any], parent: str) -> None:
        if self._tracer is not None:
            self._open[key] = self._tracer.start_span(name, context=self._below(parent), attributes=about)

    def _tell_calls(self, agent: str) -> None:
        if self._tracer is None:
            return
        for call in self._calls.pop(agent, ()):
            span = self._tracer.start_span(
                f"chat {call.model}",
                context=self._below(agent),
                kind=SpanKind.CLIENT,
                attributes=_call(call),
                start_time=call.began,
            )
            # What was called off failed nowhere.
            if call.error not in (None, _CALLED_OFF):
                span.set_status(StatusCode.ERROR)
            span.end(call.ended)

    def _below(self, parent: str) -> Context:
        return trace.set_span_in_context(self._open.get(parent, self._open["run"]))

    def _end(self, key: str, error: str | None) -> None:
        span = self._open.pop(key, None)
        if span is not None:
            if error:
                span.set_status(StatusCode.ERROR)
                span.set_attributes(_failure(error))
            span.end()


def _agent(draft: EventDraft) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": draft.agent,
        "seatrial.agent_run_id": str(draft.data.get("agent_run_id")),
    }


def _tool(draft: EventDraft) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": str(draft.data.get("tool")),
        "gen_ai.tool.call.id": str(draft.data.get("tool_call_id")),
    }


def _call(call: ModelCall) -> dict[str, Any]:
    about = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": call.provider,
        # Its older name, which Azure Monitor's exporter reads.
        "gen_ai.system": call.provider,
        "gen_ai.request.model": call.model,
        "gen_ai.request.temperature": call.temperature,
        "gen_ai.request.max_tokens": call.max_tokens,
    }
    return about | _tokens(call.spent) | (_failure(call.error) if call.error else {})


def _tokens(spent: Spent) -> dict[str, Any]:
    """Return the tokens of a call; of one that counted none, nothing."""
    if not spent.input_tokens + spent.output_tokens:
        return {}
    return {
        "gen_ai.usage.input_tokens": spent.input_tokens,
        "gen_ai.usage.output_tokens": spent.output_tokens,
        "seatrial.estimated": spent.estimated,
    }


def _failure(kind: str) -> dict[str, Any]:
    """Return the kind of a failure by its standard name, and by one that Azure Monitor's exporter keeps."""
    return {"error.type": kind, "seatrial.error": kind}
