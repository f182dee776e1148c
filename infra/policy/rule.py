"""What a check is, and what it finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from infra.plan import Plan, PlannedResource
from infra.policy.limits import Limits

ResourceCheck = Callable[[PlannedResource, Limits], Iterable[str]]
"""Say, in one sentence each, what is wrong with one resource."""

PlanCheck = Callable[[Plan, Limits], Iterable[str]]
"""Say, in one sentence each, what is wrong with a whole stack."""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """Name a rule and the resource, or the whole stack, that breaks it."""

    rule: str
    resource: str
    message: str
