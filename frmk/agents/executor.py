"""A goal's graph as the run engine drives it."""

import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_stream_writer
from langgraph.types import StateSnapshot

from frmk.agents.delegation import Delegation
from frmk.agents.emitter import Emitter
from frmk.agents.graph import build_graph
from frmk.agents.handover import seal
from frmk.agents.state import Scope
from frmk.agents.workshop import Workshop, open_workshop
from frmk.errors import GoalError
from frmk.events import EventDraft
from frmk.goal.models import Goal
from frmk.llm.calls import ModelCall, unheard
from frmk.llm.chain import ModelChain
from frmk.prompts.prompt import VARIABLES
from frmk.runs.executor import Turn
from frmk.runs.ids import thread_key

PRUNED_EVERY_STEPS = 120  # some twenty turns: what is older than the latest checkpoint is never read again
CallMade = Callable[[str, ModelCall], None]
_log = logging.getLogger(__name__)


class GraphExecutor:
    """Carry out turns of any of the goals; what a thread remembers is in the checkpointer."""

    def __init__(
        self,
        goals: Mapping[str, Goal],
        models: ModelChain,
        checkpointer: BaseCheckpointSaver[Any],
        *,
        default_goal: str | None = None,
        call_made: CallMade = unheard,
    ) -> None:
        if not goals or (default_goal is not None and default_goal not in goals):
            known = ", ".join(sorted(goals)) or "none"
            raise GoalError(f"There is no goal {default_goal!r}. Known: {known}.")
        first = default_goal or next(iter(goals))
        names = [first, *(name for name in goals if name != first)]
        self._workshops = {name: open_workshop(goals[name]) for name in names}
        self._models = models
        self._call_made = call_made
        self._checkpointer = checkpointer
        self._graph = build_graph(checkpointer)
        self._prunes = True

    def goals(self) -> Collection[str]:
        """Name the known goals, the default one first."""
        return tuple(self._workshops)

    async def warm(self) -> None:
        """Load the model with the default goal's prompt, so that the first turn is as fast as others."""
        workshop = next(iter(self._workshops.values()))
        prompt = workshop.prompts[workshop.goal.supervisor.prompt]
        empty = dict.fromkeys(VARIABLES, "")
        await self._models.warm(prompt.render(workshop.configuration, empty))

    async def execute(self, turn: Turn) -> AsyncIterator[EventDraft]:
        """Yield what happens; a turn that was interrupted goes on from its last checkpoint."""
        workshop = self._workshops[turn.goal]
        config = self._config(turn.user, turn.thread_id)
        before = await self._graph.aget_state(config)
        drafts: list[EventDraft] = []
        emitter = Emitter(drafts.append, workshop.goal.supervisor.name, parent=None, parent_run_id=None)
        digest = seal(_handed_over(turn, before.values.get("slots", {}))).digest
        emitter.started(digest)
        yield drafts.pop()

        values, steps = before.values, 0
        interrupted = turn.attempt > 1 and before.values.get("turn", {}).get("run_id") == turn.run_id
        # Where every task has written and the step is not closed, `next` is empty and `tasks` is not.
        if not interrupted or before.tasks:
            scope = self._scope(workshop, emitter, digest, turn.run_id)
            entry = None if interrupted else _entry(turn)
            emitter.write_to(_to_stream)
            async with aclosing(  # type: ignore[type-var]  # an async generator, typed as an iterator
                self._graph.astream(entry, config, context=scope, stream_mode=["custom", "values"])
            ) as stream:
                async for mode, found in cast("AsyncIterator[tuple[str, Any]]", stream):
                    if mode == "custom":
                        yield found
                    else:
                        values, steps = found, steps + 1
        if _step(before) // PRUNED_EVERY_STEPS != (_step(before) + steps) // PRUNED_EVERY_STEPS:
            await self._prune(thread_key(turn.user, turn.thread_id))
        emitter.write_to(drafts.append)
        _finish(emitter, values["answer"])
        yield drafts.pop()

    async def forget(self, user: str, thread_id: str) -> None:
        """Remove every checkpoint of the user's thread."""
        await self._checkpointer.adelete_thread(thread_key(user, thread_id))

    async def _prune(self, key: str) -> None:
        """Keep a thread's checkpoints bounded; the turn is answered whether that works or not."""
        if not self._prunes:
            return
        try:
            await self._checkpointer.aprune([key], strategy="keep_latest")
        except NotImplementedError:
            self._prunes = False
        except Exception:  # noqa: BLE001  # whatever it is, the next time comes
            _log.exception("checkpoints were not pruned")

    def _config(self, user: str, thread_id: str) -> RunnableConfig:
        return {"configurable": {"thread_id": thread_key(user, thread_id)}, "recursion_limit": 100}

    def _scope(self, workshop: Workshop, emitter: Emitter, digest: str, run_id: str) -> Scope:
        session = self._models.session(workshop.goal.model.token_budget, partial(self._call_made, run_id))
        delegation = Delegation(
            workshop=workshop,
            session=session,
            write=_to_stream,
            parent=emitter.agent,
            parent_run_id=emitter.run_id,
        )
        return Scope(
            workshop=workshop, session=session, supervisor=emitter, context_hash=digest, delegation=delegation
        )


def _step(state: StateSnapshot) -> int:
    """Return how many steps a thread has taken in all its turns."""
    return max(0, int((state.metadata or {}).get("step", 0)))


def _to_stream(draft: EventDraft) -> None:
    get_stream_writer()(draft)


def _handed_over(turn: Turn, slots: dict[str, Any]) -> dict[str, Any]:
    return {
        "goal": turn.goal,
        "message": turn.message,
        "thread_id": turn.thread_id,
        "context": turn.context,
        "slots": slots,
    }


def _entry(turn: Turn) -> Any:
    known = {"run_id": turn.run_id, "message": turn.message, "goal": turn.goal, "context": turn.context}
    return {"turn": known, "messages": [{"role": "user", "content": turn.message}], "answer": {}}


def _finish(emitter: Emitter, answer: dict[str, Any]) -> None:
    more = {key: answer[key] for key in ("completed", "usage", "missing", "context")}
    emitter.completed(answer["message"], seal(answer).digest, **more)
