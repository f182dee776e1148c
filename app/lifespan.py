"""What lives as long as the server: opened in order, closed in reverse."""

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from app.auth import Authenticator
from app.departure import Departure
from app.health.readiness import Readiness
from app.metrics.registry import Metrics
from app.opening import Backend, Opening
from app.priced import PricedExecutor
from app.protocols.census import Census
from app.rates import Limiter, Rate
from app.services import Services, State
from app.settings import LimitSettings, Settings
from app.telemetry.observed import ObservedExecutor
from app.telemetry.tracing import Tracing
from app.tickets.secrets import SecretBook
from frmk.runs.engine import RunEngine
from frmk.runs.models import RunLimits

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[State]]


def lifespan_of(settings: Settings, opening: Opening, metrics: Metrics, departure: Departure) -> Lifespan:
    """Build the lifespan of one app."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
        async with AsyncExitStack() as stack:
            backend = await stack.enter_async_context(opening(settings))
            tracing = await stack.enter_async_context(_tracing(settings))
            stack.enter_context(metrics.showing(backend.charges))
            priced = PricedExecutor(backend.executor, settings.model.price_list(), backend.charges)
            observed = ObservedExecutor(priced, metrics, tracing, backend.calls, backend.charges)
            engine = RunEngine(backend.store, observed, owner=_owner(), limits=_run_limits(settings))
            await engine.open()
            stack.push_async_callback(engine.close)
            stack.push_async_callback(_let_finish, observed, settings, departure)
            yield State(services=_services(settings, backend, engine, metrics, departure))

    return lifespan


def _services(
    settings: Settings, backend: Backend, engine: RunEngine, metrics: Metrics, departure: Departure
) -> Services:
    secrets = SecretBook(backend.store, session_hours=settings.auth.session_hours)
    return Services(
        settings=settings,
        engine=engine,
        authenticator=Authenticator(settings.auth, secrets),
        secrets=secrets,
        limiter=_limiter(settings.limits),
        metrics=metrics,
        readiness=Readiness(backend.checks),
        departure=departure,
        roster=backend.roster,
        sockets=Census(),
        streams=Census(),
    )


@asynccontextmanager
async def _tracing(settings: Settings) -> AsyncIterator[Tracing]:
    tracing = Tracing(settings)
    tracing.open()
    preparing = asyncio.create_task(tracing.prepare())
    try:
        yield tracing
    finally:
        preparing.cancel()
        await asyncio.gather(preparing, return_exceptions=True)
        await tracing.close()


async def _let_finish(observed: ObservedExecutor, settings: Settings, departure: Departure) -> None:
    if departure.announced:
        left = settings.server.finish_seconds - departure.elapsed()
        await observed.idle(max(0.0, left))


def _run_limits(settings: Settings) -> RunLimits:
    limits = settings.limits
    return RunLimits(
        message_characters=limits.message_characters,
        context_bytes=limits.body_bytes,
        context_depth=limits.json_depth,
        runs_per_user=limits.runs_per_user,
        run_seconds=limits.run_seconds,
        stop_seconds=min(5.0, max(0.2, settings.server.grace_seconds * 0.15)),
    )


def _limiter(limits: LimitSettings) -> Limiter:
    return Limiter(
        users=Rate(per_second=limits.rate_per_second, burst=limits.rate_burst),
        strangers=Rate(per_second=limits.failures_per_minute / 60, burst=limits.failures_per_minute),
    )


def _owner() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
