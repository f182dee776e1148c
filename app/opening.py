"""What does the work behind the transports, and how it is opened."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module

from app.agents.roster import Roster
from app.database.charges import Charges
from app.health.readiness import Check
from app.settings import ConfigurationError, Settings
from app.telemetry.calls import ModelCalls
from frmk.errors import FrameworkError
from frmk.runs.executor import Executor
from frmk.runs.store import RunStore


@dataclass(frozen=True, kw_only=True)
class Backend:
    """Hold what does the work, and how to tell whether it can."""

    store: RunStore
    executor: Executor
    roster: Roster
    checks: Mapping[str, Check]
    charges: Charges | None = None
    calls: ModelCalls = field(default_factory=ModelCalls)


Opening = Callable[[Settings], AbstractAsyncContextManager[Backend]]


@asynccontextmanager
async def open_backend(settings: Settings) -> AsyncIterator[Backend]:
    """Open the backend that the settings describe; ConfigurationError where they cannot be met."""
    # LangGraph takes a second to import: only an app that opens it pays.
    backend = await asyncio.to_thread(import_module, "app.backend")
    async with AsyncExitStack() as stack:
        try:
            opened: Backend = await backend.open_graph_backend(settings, stack)
        except FrameworkError as error:
            raise ConfigurationError(str(error)) from error
        yield opened
