"""Long-running operations: what a client polls until a resource has settled."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem

_log = logging.getLogger(__name__)


@dataclass
class Operation:
    """Hold one operation; `task` ends when the resource has settled."""

    id: str
    name: str
    key: str
    status: str = "InProgress"
    problem: ArmProblem | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    task: "asyncio.Task[None] | None" = None

    def wire(self) -> dict[str, Any]:
        """Return the operation as ARM shows it."""
        body: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "startTime": self.started.isoformat(),
        }
        if self.ended is not None:
            body["endTime"] = self.ended.isoformat()
        if self.problem is not None:
            body["error"] = self.problem.wire()
            body["properties"] = {"statusCode": self.problem.status}
        return body


class Operations:
    """Run operations one after another per resource, and remember how they ended."""

    def __init__(self, report: Callable[[Finding], None]) -> None:
        self._report = report
        self._known: dict[str, Operation] = {}
        self._latest: dict[str, Operation] = {}

    def get(self, name: str) -> Operation | None:
        """Return an operation by its name."""
        return self._known.get(name)

    def start(self, key: str, prefix: str, work: Callable[[], Awaitable[None]]) -> Operation:
        """Start work for the resource with this key, after what is already under way for it."""
        name = str(uuid.uuid4())
        operation = Operation(id=f"{prefix}/operationStatuses/{name}", name=name, key=key)
        before = self._latest.get(key)
        operation.task = asyncio.create_task(self._run(operation, before, work))
        self._known[name] = self._latest[key] = operation
        return operation

    async def quiet(self, key: str) -> None:
        """Return when nothing is under way for the resource with this key."""
        latest = self._latest.get(key)
        if latest is not None and latest.task is not None:
            await asyncio.wait([latest.task])

    async def _run(
        self, operation: Operation, before: Operation | None, work: Callable[[], Awaitable[None]]
    ) -> None:
        if before is not None and before.task is not None:
            await asyncio.wait([before.task])
        try:
            await work()
        except ArmProblem as problem:
            operation.problem = problem
            for finding in problem.findings:
                self._report(finding)
        except asyncio.CancelledError:
            operation.problem = ArmProblem(409, "OperationCanceled", "The twin stopped before this was done.")
            raise
        except Exception:  # noqa: BLE001 - an operation must end as Failed; logged whole
            _log.exception("operation %s broke", operation.id)
            operation.problem = ArmProblem(500, "InternalServerError", "The twin failed; its log says why.")
        finally:
            operation.status = "Succeeded" if operation.problem is None else "Failed"
            operation.ended = datetime.now(UTC)

    async def close(self) -> None:
        """Cancel what is under way and wait for it."""
        tasks = [
            found.task for found in self._known.values() if found.task is not None and not found.task.done()
        ]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
