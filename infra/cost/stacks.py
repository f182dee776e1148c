"""Stacks priced from their own programs and usage files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.cost.cached import plan_of
from infra.cost.estimate import estimate_all
from infra.cost.model import Estimate
from infra.cost.usage.file import UsageFile, load_usage
from infra.plan import Plan
from infra.project import Project

AT_ONCE = 2


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """Hold what a price is asked under: other settings, another usage, the subscription's free amounts."""

    overrides: Mapping[str, Any] = field(default_factory=dict)
    usage: UsageFile | None = None
    free_grants: bool = False


def plans(project: Project, stacks: Iterable[str], overrides: Mapping[str, Any]) -> list[Plan]:
    """Return the plans of stacks; raise SynthesisError."""
    names = list(stacks)
    if len(names) == 1:
        return [plan_of(project, names[0], overrides)]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - one stack starts without it

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda name: plan_of(project, name, overrides), names))


def price(project: Project, planned: Iterable[Plan], assumed: Assumptions) -> list[Estimate]:
    """Return the estimates of plans, each with the usage that is given, or with its stack's own."""
    every = list(planned)
    usage = {plan.stack: assumed.usage or load_usage(project, plan.stack) for plan in every}
    known = {stack: one for stack, one in usage.items() if one is not None}
    return estimate_all(every, usage=known, free_grants=assumed.free_grants)
