"""The backend of a real app: goals, store, checkpointer, models and the graph's executor."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from app.agents.roster import roster_of
from app.database.charges import Charges
from app.database.identity import azure_credential
from app.health.reachability import model_check
from app.health.readiness import Check
from app.health.storage import BELIEVED_SECONDS, store_check
from app.opening import Backend
from app.settings import ConfigurationError, Settings
from app.telemetry.calls import ModelCalls
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

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

CHECKPOINTS_SUFFIX = ".checkpoints"


async def open_graph_backend(settings: Settings, stack: AsyncExitStack) -> Backend:
    """Open everything in order; the stack closes it in reverse."""
    goals, default = _goals(settings)
    credential = await _credential(settings, stack)
    kept = await _state(settings, credential, stack)
    models = await _models(settings, credential)
    stack.push_async_callback(models.close)
    calls = ModelCalls()
    executor = GraphExecutor(goals, models, kept.checkpointer, default_goal=default, call_made=calls.made)
    suggested = goals[default].examples
    _warm_beside(executor, stack)
    return Backend(
        store=kept.store,
        executor=executor,
        roster=roster_of(
            {name: roster(goals[name]) for name in executor.goals()},
            suggested.suggestions or [suggested.verified],
        ),
        checks={"store": kept.check, "model": model_check(settings.model)},
        charges=kept.charges,
        calls=calls,
    )


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """Hold what keeps the state, how to tell whether it can, and what it costs where it costs."""

    store: RunStore
    checkpointer: BaseCheckpointSaver[Any]
    check: Check
    charges: Charges | None = None


async def _credential(settings: Settings, stack: AsyncExitStack) -> "AsyncTokenCredential | None":
    """Return the app's own identity where the database takes tokens; the model then shares it."""
    if not settings.state.cosmos:
        return None
    credential = await asyncio.to_thread(azure_credential, settings.model.azure_client_id)
    stack.push_async_callback(credential.close)
    return credential


async def _state(
    settings: Settings, credential: "AsyncTokenCredential | None", stack: AsyncExitStack
) -> _Kept:
    if credential is not None:
        # The SDK takes half a second to import: only an app with a database pays.
        opening = await asyncio.to_thread(import_module, "app.database.opening")
        opened = await opening.open_state(settings, credential, stack)
        check = store_check(opened.store, believed=BELIEVED_SECONDS, where=opened.where)
        return _Kept(
            store=opened.store, checkpointer=opened.checkpointer, check=check, charges=opened.charges
        )
    store = _store(settings)
    await store.open()
    stack.push_async_callback(store.close)
    checkpointer = await stack.enter_async_context(open_checkpointer(*_checkpoints(settings)))
    return _Kept(store=store, checkpointer=checkpointer, check=store_check(store))


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


async def _models(settings: Settings, credential: "AsyncTokenCredential | None") -> ModelChain:
    model = settings.model
    wanted: dict[str, Any] = {
        "provider": model.provider,
        "name": model.name,
        "base_url": model.api_base,
        "api_key": model.api_key,
        "azure_endpoint": model.azure_endpoint,
        "azure_client_id": model.azure_client_id,
        "fallbacks": model.fallback_names,
        "azure_credential": credential,
        "ollama_url": model.ollama_url,
    }
    return await build_models(ModelSettings(**wanted))
