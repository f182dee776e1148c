"""Where things may be, how large, what they are called by, and what may not grow without end."""

from collections.abc import Iterator

from infra.plan import Plan, PlannedResource
from infra.policy.limits import Limits
from infra.policy.values import APP, JOB, at, entries

WORKSPACE = "azure-native:operationalinsights:Workspace"
ACCOUNT = "azure-native:cosmosdb:DatabaseAccount"
REGISTRY = "azure-native:containerregistry:Registry"
ENVIRONMENT = "azure-native:app:ManagedEnvironment"
MODEL = "azure-native:cognitiveservices:Deployment"
BUDGET = "azure-native:consumption:Budget"
THROUGHPUT = ("SqlResourceSqlDatabase", "SqlResourceSqlContainer")
EVERYWHERE = "global"


def tags(resource: PlannedResource, limits: Limits) -> Iterator[str]:
    """Find a tracked resource, which is one with a location, that lacks a tag or leaves it empty."""
    if "location" in resource.inputs:
        given = at(resource.inputs, "tags")
        missing = [name for name in limits.tags if not isinstance(given, dict) or not given.get(name)]
        if missing:
            yield f"it lacks the tag {' and the tag '.join(missing)}"


def regions(resource: PlannedResource, limits: Limits) -> Iterator[str]:
    """Find a resource, or a copy of a database, in a region that is not on the list."""
    named = [at(resource.inputs, "location")]
    if resource.type == ACCOUNT:
        named += [place.get("locationName") for place in entries(resource.inputs, "locations")]
    for region in dict.fromkeys(_plain(name) for name in named if isinstance(name, str)):
        if region != EVERYWHERE and region not in limits.regions:
            yield f"it goes to {region}; allowed are {', '.join(limits.regions)}"


def sizes(resource: PlannedResource, limits: Limits) -> Iterator[str]:
    """Find what is larger, or of another kind, than a stack may have."""
    if resource.type in {APP, JOB}:
        cpu = sum(
            _number(at(one, "resources.cpu")) for one in entries(resource.inputs, "template.containers")
        )
        yield from _over("the cpu of one replica", cpu, limits.cpu)
        yield from _over("maxReplicas", at(resource.inputs, "template.scale.maxReplicas"), limits.replicas)
    elif resource.type == REGISTRY:
        yield from _outside("sku", at(resource.inputs, "sku.name"), limits.registry_skus)
    elif resource.type == ENVIRONMENT:
        for profile in entries(resource.inputs, "workloadProfiles"):
            kind = profile.get("workloadProfileType")
            yield from _outside("workloadProfileType", kind, limits.workload_profiles)
    elif resource.type == MODEL:
        yield from _outside("sku", at(resource.inputs, "sku.name"), limits.model_skus)
        yield from _over("capacity", at(resource.inputs, "sku.capacity"), limits.model_capacity)
    elif resource.type.endswith(THROUGHPUT):
        for path in ("options.throughput", "options.autoscaleSettings.maxThroughput"):
            yield from _over(path, at(resource.inputs, path), limits.throughput)


def log_cap(resource: PlannedResource, limits: Limits) -> Iterator[str]:
    """Find a workspace whose logs may cost any amount a day."""
    if resource.type == WORKSPACE:
        cap = at(resource.inputs, "workspaceCapping.dailyQuotaGb")
        if not isinstance(cap, int | float) or cap <= 0:
            yield f"workspaceCapping.dailyQuotaGb is {'not set' if cap is None else cap}: there is no cap"
        elif cap > limits.daily_cap_gb:
            yield f"workspaceCapping.dailyQuotaGb is {cap}, at most {limits.daily_cap_gb:g} is allowed"


def backup(resource: PlannedResource, _: Limits) -> Iterator[str]:
    """Find a database that cannot be taken back to a moment."""
    if resource.type == ACCOUNT and (found := at(resource.inputs, "backupPolicy.type")) != "Continuous":
        said = found or "not set, which means Periodic"
        yield f"backupPolicy.type is {said}: only a support request restores it"


def budget(plan: Plan, _: Limits) -> Iterator[str]:
    """Find a stack with an app and without a budget."""
    if plan.of_type(APP) and not plan.of_type(BUDGET):
        yield "no budget: nobody hears of it when the month costs more than was meant"


def _over(what: str, value: object, limit: float) -> Iterator[str]:
    number = _number(value)
    if number > limit:
        yield f"{what} is {number:g}, at most {limit:g} is allowed"


def _outside(what: str, value: object, allowed: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, str) and value not in allowed:
        yield f"{what} is {value}; allowed are {', '.join(allowed)}"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _plain(region: str) -> str:
    return region.replace(" ", "").lower()
