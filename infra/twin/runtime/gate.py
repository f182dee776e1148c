"""The way of a started container to its first request: startup, then readiness."""

import asyncio
import time
from typing import Any

from infra.twin.runtime.console import Console
from infra.twin.runtime.engine import Running
from infra.twin.runtime.failure import Failure, Kind, StartFailedError
from infra.twin.runtime.plan import Plan, Surroundings
from infra.twin.runtime.probes import Attempt, attempt, is_open
from infra.twin.runtime.spec import ProbeSpec

_LOG_LINES = 40
_GLANCE = 0.1


class Gate:
    """Let a container serve once its startup probe, then its readiness probe, has passed."""

    def __init__(
        self, plan: Plan, around: Surroundings, running: Running, console: Console, since: float
    ) -> None:
        self._plan = plan
        self._around = around
        self._running = running
        self._console = console
        self._since = since
        self._elsewhere: float | None = None

    async def pass_through(self) -> None:
        """Return when the container may serve; raise StartFailedError when it cannot."""
        gate = asyncio.create_task(self._probes())
        reach = asyncio.create_task(self._reach())
        end = asyncio.create_task(self._running.ended())
        tasks: set[asyncio.Task[Any]] = {gate, reach, end}
        try:
            while not gate.done():
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                tasks -= done
                if end in done:
                    raise self._failed("exited", exit=end.result())
                if reach in done:
                    reach.result()
            gate.result()
        finally:
            await settle(gate, reach, end)

    async def _probes(self) -> None:
        container = self._plan.container
        if not container.probes:
            await asyncio.sleep(self._around.pace.settle)
        if (startup := container.probe("Startup")) is not None:
            await self._pass(startup, "startup", startup.failures)
        if (readiness := container.probe("Readiness")) is not None:
            window = max(self._around.pace.ready, readiness.allowed)
            await self._pass(readiness, "readiness", max(readiness.failures, int(window // readiness.period)))

    async def _pass(self, probe: ProbeSpec, kind: Kind, failures: int) -> None:
        await asyncio.sleep(max(0.0, probe.initial_delay - (time.monotonic() - self._since)))
        passed = failed = 0
        while True:
            due = time.monotonic() + probe.period
            found = await attempt(self._around.session, probe, self._running)
            if found.refused and await self._opens_before(due, probe.port):
                found = await attempt(self._around.session, probe, self._running)
            passed, failed = (passed + 1, failed) if found.ok else (0, failed + 1)
            if passed >= probe.successes:
                return
            if not found.ok:
                self._console.line(f"system: {probe.kind} probe failed: {found.detail}")
                if failed >= failures or await self._listens_elsewhere(probe, found):
                    raise await self._gave_up(kind, probe, found)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _opens_before(self, due: float, port: int) -> bool:
        """Say whether a port that refused opens before the next attempt is due.

        A yes is then asked at once: the answer is the one that Azure gets at the next attempt, sooner.
        """
        while (left := due - time.monotonic()) > _GLANCE:
            await asyncio.sleep(min(_GLANCE, left))
            if await is_open(self._running, port):
                return True
        return False

    async def _listens_elsewhere(self, probe: ProbeSpec, found: Attempt) -> bool:
        """Say whether waiting on is pointless: the app has listened on other ports alone for a while."""
        ports = await self._running.listeners() if found.refused else []
        if not ports or any(listener.port == probe.port and not listener.loopback for listener in ports):
            self._elsewhere = None
            return False
        now = time.monotonic()
        self._elsewhere = self._elsewhere or now
        return now - self._elsewhere >= self._around.pace.elsewhere

    async def _reach(self) -> None:
        """Raise when the container cannot reach the twin; endless otherwise, as it decides nothing."""
        for endpoint in self._around.platform.endpoints[:1]:
            detail = await self._running.unreachable(endpoint)
            if detail is not None:
                raise self._failed("unreachable", detail=detail)

    async def _gave_up(self, kind: Kind, probe: ProbeSpec, found: Attempt) -> StartFailedError:
        listeners = tuple(await self._running.listeners())
        return self._failed(kind, probe=probe, attempt=found, listeners=listeners)

    def _failed(self, kind: Kind, **evidence: Any) -> StartFailedError:
        return StartFailedError(
            Failure(
                kind=kind,
                container=self._plan.container.name,
                log=tuple(self._console.tail(_LOG_LINES)),
                seconds=time.monotonic() - self._since,
                **evidence,
            )
        )


async def settle(*tasks: asyncio.Task[Any]) -> None:
    """End tasks whose results no longer matter."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
