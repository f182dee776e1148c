"""The policies' word on a stack: on each resource before it is made, on the whole at the end."""

from collections.abc import Mapping
from threading import Lock
from typing import Any

from infra.config import load_stack
from infra.plan import Plan, PlannedResource
from infra.policy.evaluate import of_resource
from infra.policy.limits import Limits, limits_of
from infra.policy.verdict import Verdict, judge, verdict
from infra.project import Project
from infra.synthesis import SynthesisError, synthesise
from infra.twin.adapters.monitor import Cloud
from infra.twin.adapters.report import Report


class PolicyError(Exception):
    """Say that a resource breaks a mandatory policy and was not made."""


class PolicedCloud:
    """Ask the policies about each resource and let the cloud make what breaks none.

    Nothing runs before its resource is made, and the check is a look at data: it costs a deployment no time.
    """

    def __init__(self, cloud: Cloud, stack: str, limits: Limits) -> None:
        self._cloud = cloud
        self._stack = stack
        self._limits = limits
        self._lock = Lock()
        self.refused: list[Verdict] = []

    def register(self, resource: PlannedResource) -> tuple[str, dict[str, Any]]:
        """Make one resource; raise PolicyError when it must not be."""
        found = list(of_resource(resource, self._limits))
        if found and not (said := verdict(self._stack, found)).ok:
            with self._lock:
                self.refused.append(said)
            raise PolicyError(said.findings[0].message)
        return self._cloud.register(resource)

    def invoke(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Let the cloud answer: reading breaks no policy."""
        return self._cloud.invoke(token, arguments)


def limits_for(project: Project, stack: str, overrides: Mapping[str, Any]) -> Limits:
    """Return the bounds of a stack."""
    return limits_of(load_stack(project, stack, overrides).policy)


def tell_refusals(
    project: Project, overrides: Mapping[str, Any], cloud: PolicedCloud, report: Report
) -> bool:
    """Tell everything that the stack breaks, not only what was met first; say whether anything was."""
    if not cloud.refused:
        return False
    stack = cloud.refused[0].stack
    found = [finding for said in cloud.refused for finding in said.findings]
    try:
        plan = synthesise(project, stack, overrides)
    except SynthesisError:
        whole: tuple[Any, ...] = ()
    else:
        whole = judge(plan, limits_for(project, stack, overrides)).findings
    for finding in dict.fromkeys([*whole, *found]):
        report.finding(finding)
    return True


def tell_breaches(plan: Plan, limits: Limits, report: Report) -> bool:
    """Tell what a stack would break, before anything of it is made; say whether it breaks anything."""
    said = judge(plan, limits)
    for finding in said.findings:
        report.finding(finding)
    return not said.ok


def tell_whole(plan: Plan, limits: Limits, report: Report) -> bool:
    """Tell what a finished stack breaks and what is only advice; say whether it may stay."""
    said = judge(plan, limits)
    for finding in said.findings:
        report.finding(finding)
    for finding in said.advice:
        report.emit("advice", **finding.model_dump())
    return said.ok
