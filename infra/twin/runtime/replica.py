"""One replica: started, gated by its probes, watched, restarted, stopped."""

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Any

from infra.twin.runtime.console import Console
from infra.twin.runtime.engine import EngineError, Exit, Launch, Running
from infra.twin.runtime.environment import ReplicaName, replica_environment
from infra.twin.runtime.failure import Failure, StartFailedError
from infra.twin.runtime.gate import Gate, settle
from infra.twin.runtime.plan import Plan, Surroundings
from infra.twin.runtime.probes import attempt
from infra.twin.runtime.spec import ProbeSpec

if TYPE_CHECKING:
    from infra.twin.platform import IdentityGrant


class Replica:
    """Keep one instance of a revision's container running."""

    def __init__(self, plan: Plan, around: Surroundings) -> None:
        self._plan = plan
        self._around = around
        token = f"{secrets.token_hex(5)}-{secrets.token_hex(3)[:5]}"
        self.name = ReplicaName(app=plan.app, revision=plan.revision, replica=f"{plan.revision}-{token}")
        self.ready = False
        self.restarts = 0
        self.reason = "starting"
        self.in_flight = 0
        self.console: Console | None = None
        self._running: Running | None = None
        self._watch: asyncio.Task[None] | None = None
        self._grant: IdentityGrant | None = None
        self._since = time.monotonic()

    @property
    def running(self) -> Running | None:
        """Return the container that runs now, or None."""
        return self._running

    def status(self) -> dict[str, Any]:
        """Return the replica as the status shows it."""
        return {
            "name": self.name.replica,
            "ready": self.ready,
            "restarts": self.restarts,
            "reason": self.reason,
            "requests": self.in_flight,
        }

    async def bring_up(self) -> None:
        """Start the container and wait until it serves; raise StartFailedError and leave nothing running."""
        if self._plan.identities:
            self._grant = self._around.platform.identities.grant(self._plan.identities)
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        self._watch = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End the container within its grace period; the replica is of no use afterwards."""
        self.ready = False
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        running, self._running = self._running, None
        if running is not None:
            self._say("Stopping the container: SIGTERM")
            await running.stop(self._plan.template.grace)
        if self._grant is not None:
            self._around.platform.identities.revoke(self._grant.header)
            self._grant = None
        self.reason = "stopped"

    async def _start(self) -> None:
        self._since = time.monotonic()
        console = self.console = Console(copy_to=self._around.console)
        launch = Launch(
            container=self._plan.container,
            image=self._plan.image,
            name=self.name,
            environment=replica_environment(
                self._plan.container, self._plan.configuration, self._around.platform, self.name, self._grant
            ),
            ports=self._plan.ports,
            console=console,
        )
        try:
            self._running = await self._around.engine.start(launch)
        except EngineError as error:
            raise StartFailedError(
                Failure(kind="engine", container=self._plan.container.name, detail=str(error))
            ) from error
        await Gate(self._plan, self._around, self._running, console, self._since).pass_through()
        self.ready, self.reason = True, "running"

    async def _keep(self) -> None:
        """Restart the container whenever it ends or its liveness probe gives up, with growing pauses."""
        failures = 0
        while True:
            running = self._running
            if running is not None:
                self.reason = await self._until_broken(running)
                if time.monotonic() - self._since > self._around.pace.healthy_after:
                    failures = 0
            self.ready = False
            self._say(self.reason)
            await self._dispose()
            pauses = self._around.pace.backoff
            await asyncio.sleep(pauses[min(failures, len(pauses) - 1)])
            failures += 1
            self.restarts += 1
            try:
                await self._start()
            except StartFailedError as error:
                self.reason = f"restart failed: {error}"
                await self._dispose()

    async def _dispose(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            await running.stop(self._plan.template.grace)

    async def _until_broken(self, running: Running) -> str:
        container = self._plan.container
        watchers = [_exit_reason(running, container.name)]
        if (liveness := container.probe("Liveness")) is not None:
            watchers.append(self._watch_liveness(running, liveness))
        if (readiness := container.probe("Readiness")) is not None:
            watchers.append(self._watch_readiness(running, readiness))
        tasks = [asyncio.create_task(watcher) for watcher in watchers]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            await settle(*tasks)

    async def _watch_liveness(self, running: Running, probe: ProbeSpec) -> str:
        failed = 0
        while failed < probe.failures:
            await asyncio.sleep(probe.period)
            found = await attempt(self._around.session, probe, running)
            failed = 0 if found.ok else failed + 1
            if not found.ok:
                self._say(f"Liveness probe failed: {found.detail}")
        return f"Container '{self._plan.container.name}' failed its liveness probe, will be restarted"

    async def _watch_readiness(self, running: Running, probe: ProbeSpec) -> str:
        passed = failed = 0
        while True:
            await asyncio.sleep(probe.period)
            found = await attempt(self._around.session, probe, running)
            passed, failed = (passed + 1, 0) if found.ok else (0, failed + 1)
            if not found.ok:
                self._say(f"Readiness probe failed: {found.detail}")
            if self.ready and failed >= probe.failures:
                self.ready, self.reason = False, f"not ready: {found.detail}"
            elif not self.ready and passed >= probe.successes:
                self.ready, self.reason = True, "running"

    def _say(self, text: str) -> None:
        self._around.console.line(f"system: {self.name.replica}: {text}")


async def _exit_reason(running: Running, container: str) -> str:
    ended: Exit = await running.ended()
    return f"Container '{container}' was terminated with exit code '{ended.code}' and reason '{ended.reason}'"
