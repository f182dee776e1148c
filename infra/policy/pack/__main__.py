"""Serve the rules to Pulumi's engine: `pulumi preview --policy-pack infra/policy/pack`."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi_policy
from pulumi_policy.proxy import UnknownValueError

# The engine starts this folder as a program, not as a module of the project.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from infra.plan import Plan, PlannedResource
from infra.policy.catalogue import Rule, rules
from infra.policy.checks import OF_PLAN
from infra.policy.evaluate import of_plan, of_resource
from infra.policy.limits import Limits, limits_from

Report = Callable[[str, str | None], None]
CONFIG = "seatrial:policy"


def bounds(own: Mapping[str, Any]) -> Limits:
    """Return the bounds: a policy's own settings, else the stack's seatrial:policy, else the common."""
    stack = json.loads(os.environ.get("PULUMI_CONFIG") or "{}")
    return limits_from(own or json.loads(stack.get(CONFIG) or "{}"))


def plain(value: Any) -> Any:
    """Return a value as the plan has it: whole numbers as int, what is not known yet as None."""
    if isinstance(value, Mapping):
        return {key: _known(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_known(value, index) for index in range(len(value))]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def planned(resource: Any) -> PlannedResource:
    """Return a resource of the engine as a planned one."""
    return PlannedResource(
        type=resource.resource_type, name=resource.name, inputs=plain(resource.props), urn=resource.urn
    )


def policy(rule: Rule) -> pulumi_policy.Policy:
    """Return one rule as a policy of Pulumi's."""
    kind = (
        pulumi_policy.StackValidationPolicy
        if rule.name in OF_PLAN
        else pulumi_policy.ResourceValidationPolicy
    )
    level = pulumi_policy.EnforcementLevel
    return kind(
        name=f"{rule.code.lower()}-{rule.name}",
        description=rule.title,
        display_name=f"{rule.code} {rule.title}",
        validate=_of_stack(rule) if rule.name in OF_PLAN else _of_resource(rule),
        enforcement_level=level.MANDATORY if rule.mandatory else level.ADVISORY,
        remediation_steps=" ".join(rule.fixes),
    )


def _known(holder: Any, key: Any) -> Any:
    try:
        return plain(holder[key])
    except UnknownValueError:
        return None


def _of_resource(rule: Rule) -> Callable[[Any, Report], None]:
    def validate(args: Any, report: Report) -> None:
        for broken in of_resource(planned(args), bounds(args.get_config())):
            if broken.rule == rule.name:
                report(f"{broken.resource}: {broken.message}. {rule.fixes[0]}", args.urn)

    return validate


def _of_stack(rule: Rule) -> Callable[[Any, Report], None]:
    def validate(args: Any, report: Report) -> None:
        plan = Plan(stack=os.environ.get("PULUMI_STACK", ""), resources=tuple(map(planned, args.resources)))
        for broken in of_plan(plan, bounds(args.get_config())):
            if broken.rule == rule.name:
                report(f"{broken.resource}: {broken.message}. {rule.fixes[0]}", None)

    return validate


if __name__ == "__main__":
    pulumi_policy.PolicyPack(name="seatrial", policies=[policy(rule) for rule in rules().values()])
