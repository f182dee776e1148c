"""A process that dies at any of a turn's checkpoints: the next attempt answers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from frmk.agents.executor import GraphExecutor
from frmk.goal import Goal
from frmk.llm.chain import ModelChain
from frmk.runs.executor import Turn
from frmk.testing import ScriptedModel, answer_of


class KilledError(Exception):
    """Say that the process ends here."""


class DyingSaver(InMemorySaver):
    """Die when the graph's own checkpoint number `last` is put: what its tasks wrote is stored already."""

    last: int | None = None
    placed = 0

    async def aput(self, config: RunnableConfig, *rest: Any) -> RunnableConfig:
        if not config["configurable"]["checkpoint_ns"]:
            if self.placed == self.last:
                raise KilledError
            self.placed += 1
        return await super().aput(config, *rest)


def executor(goal: Goal, saver: DyingSaver) -> GraphExecutor:
    return GraphExecutor({goal.name: goal}, ModelChain([ScriptedModel()]), saver)


async def answered(engine: GraphExecutor, turn: Turn) -> Mapping[str, Any]:
    return answer_of([draft async for draft in engine.execute(turn)])


async def test_a_turn_killed_before_any_of_its_checkpoints_is_answered_by_the_next_attempt(
    goal: Goal,
) -> None:
    turn = Turn(
        run_id="r",
        user="u",
        thread_id="t",
        message=goal.examples.verified,
        context={},
        goal=goal.name,
        attempt=1,
    )
    whole = DyingSaver()
    expected = await answered(executor(goal, whole), turn)
    unclosed = 0
    for last in range(whole.placed):
        saver = DyingSaver()
        saver.last = last
        with pytest.raises(KilledError):
            await answered(executor(goal, saver), turn)
        saver.last = None
        engine = executor(goal, saver)
        left = await engine._graph.aget_state(engine._config("u", "t"))
        unclosed += bool(left.tasks and not left.next)

        found = await answered(engine, replace(turn, attempt=2))

        assert found["message"] == expected["message"], f"killed before checkpoint {last}"
    assert unclosed, "no kill came between the last write of a step and its end"
