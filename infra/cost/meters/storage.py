"""Registries and caches."""

from decimal import Decimal

from infra.cost.figure import Figure
from infra.cost.meters.component import (
    Context,
    Inputs,
    Metered,
    Rule,
    UnresolvedError,
    by_use,
    daily,
    hourly,
    priced,
)
from infra.cost.model import Status
from infra.cost.usage.load import Load

INCLUDED_GB = {"basic": 10, "standard": 100, "premium": 500}


def registry(inputs: Inputs, context: Context) -> Metered:
    """Bill a registry by the day, not by the hour, and what it holds above what its tier includes."""
    sku = str(inputs["sku"]["name"]).lower()
    included = INCLUDED_GB[sku]

    def above(load: Load) -> Figure | None:
        held = load.usage.registry_gb
        return None if held is None else Figure.of(held, "GB held").less(included, "GB included")

    unit = daily(f"Registry unit, {sku}", f"acr-{sku}", "day", 1)
    return priced(unit, by_use(context, "Storage above the included", "acr-storage", "GB-month", above))


def replication(inputs: Inputs, context: Context) -> Metered:
    """Bill a copy of a Premium registry in another region as one more registry unit."""
    owner = inputs.get("registryName")
    found = context.named("containerregistry:Registry", "registryName", owner)
    if found is None:
        raise UnresolvedError(f"registry {owner!r} is not in the plan")
    sku = str(found.inputs["sku"]["name"]).lower()
    return priced(daily(f"Registry unit, {sku}, replica", f"acr-{sku}", "day", 1))


def cache(inputs: Inputs, _: Context) -> Metered:
    """Bill a cache by the hour and, in Premium, by the shard."""
    sku = inputs["sku"]
    size = f"{sku['family']}{sku['capacity']}".lower()
    tier = str(sku["name"]).lower()
    shards = Decimal(inputs.get("shardCount") or 1)
    return priced(hourly(f"Cache, {tier} {size}", f"redis-{tier}-{size}", "hour", shards))


def managed_cache(inputs: Inputs, _: Context) -> Metered:
    """Bill a managed cache by the hour and the node: with high availability, which Azure assumes, two."""
    name = str(inputs["sku"]["name"])
    family, size = (*name.split("_", 1), "")[:2]
    if family != "Balanced":
        return Metered(status=Status.UNSUPPORTED, note=f"cache sku {name} has no rule")
    nodes = 1 if inputs.get("highAvailability") == "Disabled" else 2
    return priced(hourly(f"Cache, balanced {size}", f"redis-balanced-{size.lower()}", "node-hour", nodes))


RULES: dict[str, Rule] = {
    "containerregistry:Registry": registry,
    "containerregistry:Replication": replication,
    "redis:Redis": cache,
    "redisenterprise:RedisEnterprise": managed_cache,
}
