"""Cosmos DB: accounts, databases and containers."""

from decimal import Decimal
from typing import Any

from infra.cost.figure import Figure
from infra.cost.meters.component import (
    Component,
    Context,
    Inputs,
    Metered,
    Rule,
    UnresolvedError,
    by_use,
    fixed,
    priced,
)
from infra.cost.model import DAYS, HOURS, Status
from infra.cost.usage.load import HOUR, MILLION, Load

AUTOSCALE_FLOOR = Decimal("0.1")
ZONES = Decimal("1.25")
RETENTION = "SEATRIAL_RETENTION_DAYS"
FREE_COPIES = 2
FREE_RU, FREE_GB = Decimal(1000), Decimal(25)
_HUNDRED = Decimal(100)
_UNIT = "100 RU/s-hour"
_FREE_TIER = "RU/s of the account's free tier"
_SHARED = ("cosmosdb:SqlResourceSqlDatabase", "cosmosdb:SqlResourceSqlContainer")


def account(inputs: Inputs, context: Context) -> Metered:
    """Bill what the account itself is billed by: storage, serverless requests, backup."""
    regions = len(inputs["locations"])

    def stored(load: Load) -> Figure | None:
        return _stored(context, load)

    def in_regions(load: Load) -> Figure | None:
        figure = stored(load)
        if figure is not None and inputs.get("enableFreeTier") and not serverless(inputs):
            figure = figure.less(FREE_GB, "GB of the account's free tier")
        return figure and figure.times(regions, "regions")

    parts = [by_use(context, "Storage", "cosmos-storage", "GB-month", in_regions)]
    if serverless(inputs):
        parts.append(_serverless_requests(inputs, context))
    parts += _backup(inputs.get("backupPolicy") or {}, regions, context)
    return priced(*parts)


def _serverless_requests(inputs: Inputs, context: Context) -> Component:
    zones = surcharge(inputs)

    def amount(load: Load) -> Figure | None:
        if not _alone(context):
            return None
        return _zoned(load.request_units().over(MILLION, "a million"), zones)

    return by_use(context, "Requests, serverless", "cosmos-serverless", "1M RU", amount)


def _backup(policy: Inputs, regions: int, context: Context) -> list[Component]:
    """Return what backups cost: continuous ones of 30 days, periodic copies beyond the two free ones."""
    tier = (policy.get("continuousModeProperties") or {}).get("tier")
    if tier == "Continuous30Days":

        def kept(load: Load) -> Figure | None:
            figure = _stored(context, load)
            return figure and figure.times(regions, "regions")

        return [by_use(context, "Backup, 30 days", "cosmos-backup-30-days", "GB-month", kept)]
    periodic = policy.get("periodicModeProperties") or {}
    interval = Decimal(periodic.get("backupIntervalInMinutes") or 240)
    retention = Decimal(periodic.get("backupRetentionIntervalInHours") or 8)
    copies = max(0, int(retention * 60 // interval) - FREE_COPIES)
    if not periodic or not copies:
        return []

    def copied(load: Load) -> Figure | None:
        figure = _stored(context, load)
        return figure and figure.times(copies, f"copies beyond the {FREE_COPIES} free ones")

    return [by_use(context, "Backup copies", "cosmos-snapshot", "GB-month", copied)]


def throughput(inputs: Inputs, context: Context) -> Metered:
    """Bill a database's or a container's own throughput; an autoscaled one costs its floor at least."""
    owner = _account_of(inputs, context)
    options = inputs.get("options") or {}
    ceiling = (options.get("autoscaleSettings") or {}).get("maxThroughput")
    free = _free_units(inputs, owner, context)
    if ceiling is not None:
        return _autoscale(Decimal(ceiling), owner, free, context)
    if options.get("throughput") is not None:
        return _manual(Decimal(options["throughput"]), owner, free)
    return Metered(status=Status.INCLUDED, note="billed by its account or database")


def _manual(units: Decimal, owner: Inputs, free: Decimal) -> Metered:
    meter = "cosmos-multi-write" if owner.get("enableMultipleWriteLocations") else "cosmos-throughput"
    hours = Figure.of(units, "RU/s")
    if free:
        hours = hours.less(free, _FREE_TIER)
    hours = _spread(hours.over(_HUNDRED, "a unit of 100 RU/s").times(HOURS, "hours"), owner)
    return priced(fixed("Throughput", meter, _UNIT, hours))


def _autoscale(ceiling: Decimal, owner: Inputs, free: Decimal, context: Context) -> Metered:
    if owner.get("enableMultipleWriteLocations"):
        return Metered(status=Status.UNSUPPORTED, note="autoscale with many write regions has no rule yet")
    lowest = max(Decimal(0), ceiling * AUTOSCALE_FLOOR - free)
    floor = Figure.of(ceiling, "RU/s at most").times(AUTOSCALE_FLOOR, "is the floor")
    if free:
        floor = floor.less(free, _FREE_TIER)
    standing = _spread(floor.over(_HUNDRED, "a unit of 100 RU/s").times(HOURS, "hours"), owner)

    def above(load: Load) -> Figure | None:
        if not _alone(context) or _throughputs(context) != 1:
            return None
        peak = load.peak_request_units().at_most(ceiling, "RU/s, the most that autoscale gives")
        used = peak.less(lowest + free, "RU/s, floor or free").over(_HUNDRED, "a unit of 100 RU/s")
        hours = load.usage.active_hours_per_day * DAYS
        return _spread(used.times(hours, "active hours a month"), owner)

    return priced(
        fixed("Throughput, autoscale floor (10 %)", "cosmos-autoscale", _UNIT, standing),
        by_use(context, "Throughput above the floor", "cosmos-autoscale", _UNIT, above),
    )


def _spread(figure: Figure, owner: Inputs) -> Figure:
    return _zoned(figure.times(len(owner["locations"]), "regions"), surcharge(owner))


def _zoned(figure: Figure, zones: Decimal) -> Figure:
    return figure if zones == 1 else figure.times(zones, "for zone redundancy")


def serverless(owner: Inputs) -> bool:
    """Say whether an account is billed by the request."""
    return any(one.get("name") == "EnableServerless" for one in owner.get("capabilities") or ())


def surcharge(owner: Inputs) -> Decimal:
    """Return the surcharge of zone redundancy, which Azure may waive for autoscale: the dearer is assumed."""
    zoned = any(location.get("isZoneRedundant") for location in owner["locations"])
    return ZONES if zoned and not owner.get("enableMultipleWriteLocations") else Decimal(1)


def _account_of(inputs: Inputs, context: Context) -> Inputs:
    name = inputs["accountName"]
    found = context.named("cosmosdb:DatabaseAccount", "accountName", name)
    if found is None:
        raise UnresolvedError(f"account {name!r} is not in the plan")
    return found.inputs


def _alone(context: Context) -> bool:
    """Say whether a turn's requests can only go to one account."""
    return len(context.of_type("cosmosdb:DatabaseAccount")) == 1


def _throughputs(context: Context) -> int:
    """Return how many databases and containers have a throughput of their own to share a turn's requests."""
    return sum(1 for token in _SHARED for one in context.of_type(token) if _standing(one.inputs))


def _standing(inputs: Inputs) -> Decimal:
    """Return the RU/s that a database or container pays for without any use."""
    options = inputs.get("options") or {}
    ceiling = (options.get("autoscaleSettings") or {}).get("maxThroughput")
    return Decimal(options.get("throughput") or 0) if ceiling is None else Decimal(ceiling) * AUTOSCALE_FLOOR


def _free_units(inputs: Inputs, owner: Inputs, context: Context) -> Decimal:
    """Return what the account's free tier still has for this database or container: it is given out once."""
    left = FREE_RU if owner.get("enableFreeTier") else Decimal(0)
    for one in (one for token in _SHARED for one in context.of_type(token)):
        if one.inputs is inputs or not left:
            break
        if _standing(one.inputs) and _account_of(one.inputs, context) is owner:
            left = max(Decimal(0), left - _standing(one.inputs))
    return left


def _stored(context: Context, load: Load) -> Figure | None:
    return load.stored_gigabytes(_lifetime(context)) if _alone(context) else None


def _lifetime(context: Context) -> int | None:
    """Return the days data stays: as the app is told, or the longest-living container; None: for ever."""
    told = _told_retention(context)
    if told is not None:
        return told
    lives: list[Any] = [
        (one.inputs.get("resource") or {}).get("defaultTtl")
        for one in context.of_type("cosmosdb:SqlResourceSqlContainer")
    ]
    known = [int(life) for life in lives if life is not None and int(life) > 0]
    return max(known) // (24 * HOUR) if known and len(known) == len(lives) else None


def _told_retention(context: Context) -> int | None:
    for app in context.of_type("app:ContainerApp"):
        for container in app.inputs["template"]["containers"]:
            for variable in container.get("env") or ():
                if variable.get("name") == RETENTION:
                    return int(variable["value"])
    return None


RULES: dict[str, Rule] = {
    "cosmosdb:DatabaseAccount": account,
    "cosmosdb:SqlResourceSqlContainer": throughput,
    "cosmosdb:SqlResourceSqlDatabase": throughput,
}
