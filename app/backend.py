"""The backend of a real app: goals, store, checkpointer, models and the graph's executor."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib.resources import files
from pathlib import Path
from typing import Any

from app.agents.roster import roster_of
from app.health.reachability import model_check
from app.opening import Backend
from app.settings import ConfigurationError, Settings
from frmk.agents.executor import GraphExecutor
from frmk.agents.roster import roster
from frmk.checkpoint.factory import CheckpointerKind, open_checkpointer
from frmk.goal import Goal, load_goals
from frmk.llm.chain import ModelChain
from frmk.llm.factory import build_models
from frmk.llm.settings import ModelSettings
from frmk.runs.memory import MemoryStore
from frmk.runs.sqlite import SqliteStore
from frmk.runs.store import RunStore

CHECKPOINTS_SUFFIX = ".checkpoints"


async def open_graph_backend(settings: Settings, stack: AsyncExitStack) -> Backend:
    """Open everything in order; the stack closes it in reverse."""
    goals, default = _goals(settings)
    store = _store(settings)
    await store.open()
    stack.push_async_callback(store.close)
    checkpointer = await stack.enter_async_context(open_checkpointer(*_checkpoints(settings)))
    models = await _models(settings)
    stack.push_async_callback(models.close)
    executor = GraphExecutor(goals, models, checkpointer, default_goal=default)
    suggested = goals[default].examples
    _warm_beside(executor, stack)
    return Backend(
        store=store,
        executor=executor,
        roster=roster_of(
            {name: roster(goals[name]) for name in executor.goals()},
            suggested.suggestions or [suggested.verified],
        ),
        checks={"store": store.check, "model": model_check(settings.model)},
    )


def _warm_beside(executor: GraphExecutor, stack: AsyncExitStack) -> None:
    warming = asyncio.create_task(executor.warm())

    async def stop() -> None:
        warming.cancel()
        await asyncio.gather(warming, return_exceptions=True)

    stack.push_async_callback(stop)


def _goals(settings: Settings) -> tuple[Mapping[str, Goal], str]:
    given = settings.goal.folder
    goals = load_goals(Path(given) if given else Path(str(files("app"))) / "goals")
    wanted = settings.goal.name or next(iter(goals))
    if wanted not in goals:
        raise ConfigurationError(f"SEATRIAL_GOAL={wanted!r} is no goal here. Allowed: {', '.join(goals)}")
    return goals, wanted


def _store(settings: Settings) -> RunStore:
    path = settings.state.path
    return MemoryStore() if path is None else SqliteStore(Path(path))


def _checkpoints(settings: Settings) -> tuple[CheckpointerKind, Path | None]:
    path = settings.state.path
    if path is None or settings.state.memory_checkpointer:
        return "memory", None
    return "sqlite", Path(path + CHECKPOINTS_SUFFIX)


async def _models(settings: Settings) -> ModelChain:
    model = settings.model
    wanted: dict[str, Any] = {
        "provider": model.provider,
        "name": model.name,
        "base_url": model.api_base,
        "api_key": model.api_key,
        "azure_endpoint": model.azure_endpoint,
        "azure_client_id": model.azure_client_id,
        "ollama_url": model.ollama_url,
    }
    return await build_models(ModelSettings(**wanted))
