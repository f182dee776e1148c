"""Executions of container apps jobs: one container, run to its end, as the job's identity."""

import asyncio
import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from infra.twin.arm.behaviour import ArmProblem, Resource
from infra.twin.platform import IdentityGrant, Platform
from infra.twin.runtime.console import Console
from infra.twin.runtime.engine import Engine, EngineError, Exit, Launch
from infra.twin.runtime.environment import ReplicaName, replica_environment
from infra.twin.runtime.secrets import References
from infra.twin.runtime.spec import read_configuration, read_template

_KEPT = 20
_GRACE = 30.0
_LINES = 40


@dataclass(frozen=True, kw_only=True)
class Execution:
    """Say how one run of a job went."""

    name: str
    status: str
    started: str
    ended: str | None = None
    detail: str = ""
    output: tuple[str, ...] = field(default=())


class Jobs:
    """Start jobs and remember how their executions went, also past the twin's own end."""

    def __init__(self, platform: Platform, engine: Engine) -> None:
        self._platform = platform
        self._engine = engine
        self._folder = platform.state / "jobs"
        self._running: set[asyncio.Task[None]] = set()

    def start(self, job: Resource) -> Execution:
        """Begin one execution and return it as it begins."""
        begun = Execution(name=f"{job.name}-{token_hex(4)[:7]}", status="Running", started=_now())
        self._note(job.name, begun)
        task = asyncio.create_task(self._carry_out(job, begun))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return begun

    def executions(self, job: str) -> list[Execution]:
        """Return the executions of a job, the latest first."""
        try:
            found = json.loads(self._file(job).read_text(encoding="utf-8"))
            return [Execution(**{**one, "output": tuple(one["output"])}) for one in found]
        except (OSError, ValueError, TypeError, KeyError):
            return []

    async def close(self) -> None:
        """End what runs."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def forget(self, job: str) -> None:
        """Forget the executions of a job."""
        self._file(job).unlink(missing_ok=True)

    async def _carry_out(self, job: Resource, begun: Execution) -> None:
        console = Console(self._platform.state / "logs" / f"{job.name.lower()}.log")
        try:
            status, detail = await self._run(job, begun.name, console)
        except ArmProblem as problem:
            status, detail = "Failed", problem.message
        except EngineError as error:
            status, detail = "Failed", str(error)
        except asyncio.CancelledError:
            self._note(job.name, replace(begun, status="Stopped", ended=_now(), detail="the twin stopped"))
            raise
        output = tuple(console.tail(_LINES))
        self._note(job.name, replace(begun, status=status, ended=_now(), detail=detail, output=output))

    async def _run(self, job: Resource, execution: str, console: Console) -> tuple[str, str]:
        container = read_template(job.properties).main
        references = References(app=job.name, source=self._platform.secrets, say=console.line)
        configuration, _ = await references.resolve(read_configuration(job.properties))
        image = await self._platform.registry.pull(
            container.image, configuration.identity_for(container.image)
        )
        await self._engine.fetch(container, image)
        name = ReplicaName(app=job.name, revision=execution, replica=f"{execution}-{token_hex(3)[:5]}")
        grant = self._platform.identities.grant(job.identity_ids) if job.identity_ids else None
        try:
            environment = replica_environment(container, configuration, self._platform, name, grant)
            launch = Launch(
                container=container,
                image=image,
                name=name,
                environment=environment,
                ports=frozenset(),
                console=console,
            )
            return await self._until_over(launch, _timeout(job))
        finally:
            self._revoke(grant)

    async def _until_over(self, launch: Launch, timeout: float) -> tuple[str, str]:  # noqa: ASYNC109 - the job's own word
        running = await self._engine.start(launch)
        ended: Exit | None = None
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    ended = await running.ended()
        finally:
            await running.stop(_GRACE)
        if ended is None:
            return "Failed", f"not over after replicaTimeout {timeout:g} s"
        said = f"exit code {ended.code} ({ended.reason})"
        return ("Succeeded" if ended.code == 0 else "Failed"), said

    def _revoke(self, grant: IdentityGrant | None) -> None:
        if grant is not None:
            self._platform.identities.revoke(grant.header)

    def _note(self, job: str, execution: Execution) -> None:
        others = [one for one in self.executions(job) if one.name != execution.name]
        kept = [execution, *others][:_KEPT]
        self._folder.mkdir(parents=True, exist_ok=True)
        scratch = self._file(job).with_suffix(".new")
        scratch.write_text(json.dumps([asdict(one) for one in kept], indent=1), encoding="utf-8")
        scratch.replace(self._file(job))

    def _file(self, job: str) -> Path:
        return self._folder / f"{job.lower()}.json"


def shown(job: Resource, execution: Execution) -> dict[str, Any]:
    """Return an execution as ARM shows it; `detailedStatus` has what it printed last."""
    properties: dict[str, Any] = {
        "status": execution.status,
        "startTime": execution.started,
        "template": {"containers": (job.properties.get("template") or {}).get("containers") or []},
        "detailedStatus": {
            "replicas": [
                {
                    "name": execution.name,
                    "containers": [{"code": execution.detail, "status": execution.status}],
                }
            ],
            "output": list(execution.output),
        },
    }
    if execution.ended is not None:
        properties["endTime"] = execution.ended
    return {
        "id": f"{job.id}/executions/{execution.name}",
        "name": execution.name,
        "type": "Microsoft.App/jobs/executions",
        "properties": properties,
    }


def _timeout(job: Resource) -> float:
    return float((job.properties.get("configuration") or {}).get("replicaTimeout") or 1800)


def _now() -> str:
    return datetime.now(UTC).isoformat()
