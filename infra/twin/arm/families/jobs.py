"""Container apps jobs in ARM: what is refused, what Azure fills in, and starting one by hand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Resource, ResourceStore
from infra.twin.arm.extras import Call, Extra
from infra.twin.arm.families.recorded import Recorded

JOB = "microsoft.app/jobs"
_NAME = re.compile(r"(?!.*--)[a-z](?:[a-z0-9-]{0,30}[a-z0-9])")
_CRON_FIELDS = 5
_TRIGGERS = {
    "schedule": "scheduleTriggerConfig",
    "event": "eventTriggerConfig",
    "manual": "manualTriggerConfig",
}


class JobRuntime(Protocol):
    """Run jobs."""

    def check_job(self, request: ArmRequest) -> None:
        """Raise ArmProblem when the job's containers, secrets or identities are refused."""
        ...

    def start_job(self, job: Resource) -> dict[str, Any]:
        """Begin one execution; return it as ARM shows it."""
        ...

    def job_executions(self, job: Resource) -> Sequence[dict[str, Any]]:
        """Return the executions of a job, the latest first."""
        ...

    def forget_job(self, job: Resource) -> None:
        """Forget a job's executions."""
        ...


@dataclass(frozen=True)
class Job(Recorded):
    """Check a job as Container Apps does; its schedule is recorded, and started by hand alone."""

    runtime: JobRuntime

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse bad names, triggers without their settings, and what an app would be refused for."""
        if not _NAME.fullmatch(request.id.name):
            message = (
                f"Invalid Job name '{request.id.name}'. A name must consist of lower case alphanumeric "
                "characters or '-', start with an alphabetic character, and end with an alphanumeric "
                "character and cannot have '--'. The length must be between 2 and 32 characters inclusive."
            )
            raise _refused(request, "ContainerAppInvalidName", message, "shorten or correct the job's name")
        self._check_trigger(request)
        self.runtime.check_job(request)

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the addresses."""
        return {"outboundIpAddresses": ["127.0.0.1"], "eventStreamEndpoint": ""}

    @override
    async def after_delete(self, resource: Resource, state: ResourceStore) -> None:
        """Forget the executions."""
        self.runtime.forget_job(resource)

    def _check_trigger(self, request: ArmRequest) -> None:
        configuration: dict[str, Any] = request.properties.get("configuration") or {}
        kind = str(configuration.get("triggerType") or "Manual")
        wanted = _TRIGGERS.get(kind.lower(), "")
        if kind.lower() != "manual" and not configuration.get(wanted):
            message = f"Job with trigger type '{kind}' must have configuration.{wanted}."
            raise _refused(request, "JobTriggerConfigMissing", message, f"declare configuration.{wanted}")
        cron = (configuration.get("scheduleTriggerConfig") or {}).get("cronExpression")
        if cron is not None and len(str(cron).split()) != _CRON_FIELDS:
            message = f"Cron expression '{cron}' of job '{request.id.name}' is invalid."
            fix = "write five fields: minute, hour, day of month, month, day of week"
            raise _refused(request, "JobInvalidCronExpression", message, fix)


@dataclass(frozen=True)
class JobControl:
    """Answer for a job's executions, which are no resources of their own."""

    runtime: JobRuntime

    def extras(self) -> dict[str, Extra]:
        """Return the extras by their keys."""
        return {f"post {JOB}/start": self._start, f"get {JOB}/executions": self._executions}

    async def _start(self, call: Call) -> dict[str, Any]:
        begun = self.runtime.start_job(call.resource)
        return {"id": begun["id"], "name": begun["name"]}

    async def _executions(self, call: Call) -> dict[str, Any]:
        found = self.runtime.job_executions(call.resource)
        if len(call.rest) == 1:
            return {"value": list(found)}
        for one in found:
            if one["name"] == call.rest[1]:
                return one
        message = f"The execution '{call.rest[1]}' of job '{call.resource.name}' was not found."
        raise ArmProblem(404, "ResourceNotFound", message)


def _refused(request: ArmRequest, code: str, message: str, fix: str) -> ArmProblem:
    finding = Finding(code="ST002", resource=request.id.path, message=message, fix=fix)
    return ArmProblem(400, code, message, target=request.id.name, finding=finding)
