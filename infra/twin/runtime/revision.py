"""One revision: its replicas, how many there are, and which of them answers next."""

import asyncio
import math
import time
from typing import Any

from infra.twin.runtime.failure import StartFailedError
from infra.twin.runtime.plan import Plan, Surroundings
from infra.twin.runtime.replica import Replica

_LONGEST_POLL = 15


class Revision:
    """Run the replicas of one template."""

    def __init__(self, plan: Plan, around: Surroundings) -> None:
        self.plan = plan
        self.active = False
        self.reason = ""
        self._around = around
        self._replicas: list[Replica] = []
        self._growing = asyncio.Lock()
        self._scaler: asyncio.Task[None] | None = None
        self._last_request = time.monotonic()

    @property
    def name(self) -> str:
        """Return the revision's name."""
        return self.plan.revision

    @property
    def healthy(self) -> bool:
        """Say whether it can answer: something is ready, or it sleeps at zero replicas."""
        return self.active and (not self._replicas or any(replica.ready for replica in self._replicas))

    @property
    def running(self) -> bool:
        """Say whether it has replicas."""
        return bool(self._replicas)

    def status(self, weight: int) -> dict[str, Any]:
        """Return the revision as the status shows it."""
        return {
            "name": self.name,
            "active": self.active,
            "weight": weight,
            "replicas": len(self._replicas),
            "health": self._health(),
            "restarts": sum(replica.restarts for replica in self._replicas),
            "reason": self._reason(),
            "image": self.plan.image.reference,
            "instances": [replica.status() for replica in self._replicas],
        }

    async def provision(self) -> None:
        """Start the replicas that it must have, at least one; raise StartFailedError with none left."""
        wanted = max(1, self.plan.template.scale.minimum)
        async with self._growing:
            try:
                await self._grow(wanted)
            except StartFailedError as error:
                self.reason = str(error)
                raise
        self.active, self.reason = True, ""
        self._last_request = time.monotonic()
        self._scaler = asyncio.create_task(self._scale())

    async def deactivate(self, reason: str) -> None:
        """Stop every replica; the revision keeps its name and its reason."""
        self.active, self.reason = False, reason
        if self._scaler is not None:
            self._scaler.cancel()
            await asyncio.gather(self._scaler, return_exceptions=True)
            self._scaler = None
        async with self._growing:
            replicas, self._replicas = self._replicas, []
            await asyncio.gather(*(replica.stop() for replica in replicas))

    async def restart(self) -> None:
        """Put new replicas in the place of those that run; raise StartFailedError and keep the old ones."""
        async with self._growing:
            old = list(self._replicas)
            await self._grow(max(1, len(old)))
            self._replicas = self._replicas[len(old) :]
            await asyncio.gather(*(replica.stop() for replica in old))

    def replica(self, name: str) -> Replica | None:
        """Return a replica by name."""
        return next((one for one in self._replicas if one.name.replica == name), None)

    async def acquire(self) -> Replica | None:
        """Return the ready replica with the least to do, after waking the revision if it sleeps."""
        self._last_request = time.monotonic()
        if self.active and not self._replicas:
            await self._wake()
        ready = [replica for replica in self._replicas if replica.ready]
        return min(ready, key=lambda replica: replica.in_flight) if ready else None

    async def _wake(self) -> None:
        async with self._growing:
            if self.active and not self._replicas:
                try:
                    await self._grow(1)
                except StartFailedError as error:
                    self.reason = f"could not scale up from zero: {error}"
                self._last_request = time.monotonic()

    async def _grow(self, count: int) -> None:
        replicas = [Replica(self.plan, self._around) for _ in range(count)]
        results = await asyncio.gather(*(replica.bring_up() for replica in replicas), return_exceptions=True)
        errors = [result for result in results if isinstance(result, BaseException)]
        if not errors:
            self._replicas.extend(replicas)
            return
        await asyncio.gather(*(replica.stop() for replica in replicas))
        raise errors[0]

    async def _scale(self) -> None:
        """Follow the number of open requests, as the HTTP rule of Container Apps does."""
        scale = self.plan.template.scale
        while True:
            await asyncio.sleep(min(scale.polling, _LONGEST_POLL))
            async with self._growing:
                open_requests = sum(replica.in_flight for replica in self._replicas)
                if open_requests:
                    self._last_request = time.monotonic()
                wanted = min(scale.maximum, max(scale.minimum, math.ceil(open_requests / scale.concurrency)))
                if wanted > len(self._replicas):
                    await self._try_to_grow(wanted - len(self._replicas))
                elif time.monotonic() - self._last_request >= scale.cooldown:
                    await self._shrink(wanted)

    async def _try_to_grow(self, count: int) -> None:
        try:
            await self._grow(count)
        except StartFailedError as error:
            self.reason = f"could not scale up: {error}"

    async def _shrink(self, count: int) -> None:
        leaving, self._replicas = self._replicas[count:], self._replicas[:count]
        await asyncio.gather(*(replica.stop() for replica in leaving))

    def _health(self) -> str:
        if not self.active:
            return "None"
        return "Healthy" if self.healthy else "Unhealthy"

    def _reason(self) -> str:
        if self.reason or not self.active:
            return self.reason
        return next((replica.reason for replica in self._replicas if not replica.ready), "")
