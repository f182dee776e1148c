"""What a plan breaks: every rule over every resource, then over the whole."""

import re
from collections.abc import Iterator
from dataclasses import replace

from infra.plan import Plan, PlannedResource
from infra.policy.checks import OF_PLAN, OF_RESOURCE
from infra.policy.limits import Limits
from infra.policy.rule import Violation

_VERSION = re.compile(r"/v\d+\w*:")


def violations(plan: Plan, limits: Limits) -> list[Violation]:
    """Return everything that a plan breaks, by rule and then in the plan's order."""
    ranks = {name: rank for rank, name in enumerate((*OF_RESOURCE, *OF_PLAN))}
    found = [broken for resource in plan.resources for broken in of_resource(resource, limits)]
    return sorted([*found, *of_plan(plan, limits)], key=lambda broken: ranks[broken.rule])


def of_resource(resource: PlannedResource, limits: Limits) -> Iterator[Violation]:
    """Yield what one resource breaks; a type that names an API version counts as the type.

    What is no resource of Azure, such as Pulumi's provider, is not judged.
    """
    if not resource.type.startswith("azure-native:"):
        return
    judged = replace(resource, type=_VERSION.sub(":", resource.type))
    named = f"{judged.name} ({judged.type.removeprefix('azure-native:')})"
    for rule, check in OF_RESOURCE.items():
        for message in check(judged, limits):
            yield Violation(rule=rule, resource=named, message=message)


def of_plan(plan: Plan, limits: Limits) -> Iterator[Violation]:
    """Yield what a stack breaks as a whole."""
    for rule, check in OF_PLAN.items():
        for message in check(plan, limits):
            yield Violation(rule=rule, resource=f"stack {plan.stack}", message=message)
