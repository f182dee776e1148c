from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from frmk.agents.executor import GraphExecutor
from frmk.checkpoint.factory import open_checkpointer
from frmk.goal import Goal, load_goal
from frmk.llm.chain import ModelChain
from frmk.llm.model import LanguageModel
from frmk.testing import ScriptedModel

GOAL = Path(__file__).parents[3] / "app" / "goals" / "travel_planning" / "goal.yaml"
Make = Callable[..., GraphExecutor]


@pytest.fixture
def goal() -> Goal:
    return load_goal(GOAL)


@pytest.fixture
async def make(goal: Goal) -> AsyncIterator[Make]:
    """Make executors over one checkpointer; keyword arguments change the goal."""
    async with open_checkpointer("memory") as checkpointer:

        def build(*models: LanguageModel, **changes: Any) -> GraphExecutor:
            changed = goal.model_copy(update=changes)
            changed._folder = goal.folder
            return GraphExecutor(
                {goal.name: changed},
                ModelChain(models or [ScriptedModel()]),
                checkpointer,
                default_goal=goal.name,
            )

        yield build
