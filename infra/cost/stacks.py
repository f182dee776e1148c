"""Stacks priced from their own programs and usage files."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from infra.cost.cached import plan_of
from infra.plan import Plan
from infra.project import Project

if TYPE_CHECKING:
    from infra.cost.model import Estimate
    from infra.cost.usage.file import UsageFile

AT_ONCE = 2


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """Hold what a price is asked under: other settings, another usage, the subscription's free amounts."""

    overrides: Mapping[str, Any] = field(default_factory=dict)
    usage: "UsageFile | None" = None
    free_grants: bool = False


def plans(project: Project, stacks: Iterable[str], overrides: Mapping[str, Any]) -> list[Plan]:
    """Return the plans of stacks; raise SynthesisError."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        planned = [pool.submit(plan_of, project, name, overrides) for name in stacks]
        # The programs run in processes of their own: what a price needs is loaded meanwhile.
        import_module("infra.cost.estimate")
        return [one.result() for one in planned]


def price(project: Project, planned: Iterable[Plan], assumed: Assumptions) -> "list[Estimate]":
    """Return the estimates of plans, each with the usage that is given, or with its stack's own."""
    from infra.cost.estimate import estimate_all  # noqa: PLC0415 - see `plans`
    from infra.cost.usage.file import load_usage  # noqa: PLC0415 - as above

    every = list(planned)
    usage = {plan.stack: assumed.usage or load_usage(project, plan.stack) for plan in every}
    known = {stack: one for stack, one in usage.items() if one is not None}
    return estimate_all(every, usage=known, free_grants=assumed.free_grants)
