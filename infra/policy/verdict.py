"""What the policies say about a plan, as reports show it."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from infra.findings.model import Finding
from infra.plan import Plan
from infra.policy.catalogue import rule_named
from infra.policy.checks import OF_PLAN, OF_RESOURCE
from infra.policy.evaluate import violations
from infra.policy.limits import Limits
from infra.policy.rule import Violation


class Verdict(BaseModel):
    """Hold what stops a deployment (`findings`) and what is only told (`advice`)."""

    model_config = ConfigDict(frozen=True)

    stack: str
    policies: int = len(OF_RESOURCE) + len(OF_PLAN)
    findings: tuple[Finding, ...] = ()
    advice: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Say whether the plan may be deployed."""
        return not self.findings


def judge(plan: Plan, limits: Limits) -> Verdict:
    """Return what the policies say about a plan."""
    return verdict(plan.stack, violations(plan, limits))


def verdict(stack: str, found: Iterable[Violation]) -> Verdict:
    """Return violations as a verdict on a stack."""
    told = list(found)
    return Verdict(
        stack=stack,
        findings=tuple(_finding(one) for one in told if rule_named(one.rule).mandatory),
        advice=tuple(_finding(one) for one in told if not rule_named(one.rule).mandatory),
    )


def _finding(violation: Violation) -> Finding:
    rule = rule_named(violation.rule)
    message = f"{rule.title}: {violation.message}."
    return Finding(code=rule.code, resource=violation.resource, message=message, fix=rule.fixes[0])
