"""Container Apps: apps, jobs and environments."""

from collections.abc import Callable
from decimal import Decimal

from infra.cost.figure import Figure
from infra.cost.meters.component import (
    Component,
    Context,
    Inputs,
    Metered,
    Rule,
    by_use,
    fixed,
    hourly,
    priced,
    unknown,
)
from infra.cost.meters.replicas import Scale, size
from infra.cost.model import SECONDS, Status
from infra.cost.usage.load import MILLION, Load

CONSUMPTION = "Consumption"
# Cores and GiB of one node of each dedicated profile.
PROFILES = {
    **{f"D{cores}": (cores, cores * 4) for cores in (4, 8, 16, 32)},
    **{f"E{cores}": (cores, cores * 8) for cores in (4, 8, 16, 32)},
}
_VCPU, _GIB = "vCPU-second", "GiB-second"
Seconds = Callable[[Load], Figure | None]


def container_app(inputs: Inputs, context: Context) -> Metered:
    """Bill the replicas that always run at the active rate: idle needs near silence, so it is not assumed."""
    profile = inputs.get("workloadProfileName") or CONSUMPTION
    scale = Scale.of(inputs)
    if profile != CONSUMPTION:
        return _on_profile(profile, scale, context)
    if _stands_by(inputs, context):
        return priced(
            *_always(scale, context), note="stands by: the use is priced with the first region's app"
        )
    parts = [*_always(scale, context), *_above(scale, context)]
    if (inputs.get("configuration") or {}).get("activeRevisionsMode") == "Multiple":
        parts += _pair(context, "canary", scale, lambda load: _canary(scale, load))
    parts.append(_requests(scale, context))
    parts += _data_out(scale, context)
    note = "" if scale.least else "scales to zero: billed by the second of use"
    return priced(*parts, note=note)


def _stands_by(inputs: Inputs, context: Context) -> bool:
    """Say whether an app of the stack's own region has the load, and this one lies in another."""
    homes = {one.inputs.get("location") for one in context.of_type("resources:ResourceGroup")}
    apps = {one.inputs.get("location") for one in context.of_type("app:ContainerApp")}
    return len(homes) == 1 and homes <= apps and inputs.get("location") not in homes


def _always(scale: Scale, context: Context) -> list[Component]:
    """Return what the minimum replicas cost; a share of the month may be declared idle."""
    count = scale.least * scale.revisions
    if not count:
        return []
    running = Figure.of(count, "replicas always running").times(SECONDS, "seconds a month")
    share = context.usage.idle_share if context.usage else Decimal(0)
    active = running.times(1 - share, "of the time active") if share else running
    parts = [*_fixed_pair("active", scale, active)]
    if share:
        parts += _fixed_pair("idle", scale, running.times(share, "of the time idle (idleShare)"))
    return parts


def _fixed_pair(rate: str, scale: Scale, seconds: Figure) -> tuple[Component, Component]:
    return (
        fixed(f"vCPU, {rate}", f"aca-vcpu-{rate}", _VCPU, seconds.times(scale.cpu, "vCPU a replica")),
        fixed(f"Memory, {rate}", f"aca-memory-{rate}", _GIB, seconds.times(scale.memory, "GiB a replica")),
    )


def _above(scale: Scale, context: Context) -> list[Component]:
    if scale.least >= scale.most:
        return []
    return _pair(context, "above minimum", scale, scale.extra_seconds)


def _pair(context: Context, what: str, scale: Scale, seconds: Seconds) -> list[Component]:
    def sized(amount: Decimal, unit: str, load: Load) -> Figure | None:
        figure = seconds(load)
        return figure and figure.times(amount, f"{unit} a replica")

    return [
        by_use(
            context,
            f"vCPU, {what}",
            "aca-vcpu-active",
            _VCPU,
            lambda load: sized(scale.cpu, "vCPU", load),
        ),
        by_use(
            context,
            f"Memory, {what}",
            "aca-memory-active",
            _GIB,
            lambda load: sized(scale.memory, "GiB", load),
        ),
    ]


def _canary(scale: Scale, load: Load) -> Figure:
    """Return the replica-seconds of a second revision: its minimum runs as long as both are active."""
    releases = load.usage.releases
    overlap = Figure.of(releases.per_month, "releases a month")
    overlap = overlap.times(releases.overlap_minutes * 60, "seconds of both revisions")
    return overlap.times(scale.least, "replicas at least, once more")


def _requests(scale: Scale, context: Context) -> Component:
    """Bill requests from outside the environment; probes and calls inside are free."""

    def amount(load: Load) -> Figure:
        if not scale.external:
            return Figure(Decimal(0), ("no ingress from outside",))
        return load.requests().over(MILLION, "a million")

    return by_use(context, "Requests", "aca-requests", "1M requests", amount)


def _data_out(scale: Scale, context: Context) -> list[Component]:
    """Bill what leaves Azure; behind a Front Door its profile does."""
    if not scale.external or context.of_type("cdn:Profile"):
        return []
    return [by_use(context, "Data out", "bandwidth-out", "GB", Load.egress)]


def _on_profile(profile: str, scale: Scale, context: Context) -> Metered:
    for environment in context.of_type("app:ManagedEnvironment"):
        for one in environment.inputs.get("workloadProfiles") or ():
            if one.get("name") != profile:
                continue
            if one.get("workloadProfileType") in PROFILES:
                note, parts = f"runs on profile {profile} of its environment", _data_out(scale, context)
                return priced(*parts, note=note) if parts else Metered(status=Status.INCLUDED, note=note)
            note = f"no rule for workload profile type {one.get('workloadProfileType')!r}"
            return Metered(status=Status.UNSUPPORTED, note=note)
    return Metered(status=Status.UNRESOLVED, note=f"workload profile {profile!r} is not in the plan")


def job(inputs: Inputs, context: Context) -> Metered:
    """Bill a job's runs; a job is always active."""
    name = str(inputs.get("jobName"))
    cpu, memory = size(inputs["template"]["containers"])
    configuration = inputs.get("configuration") or {}
    trigger = configuration.get(f"{str(configuration.get('triggerType', 'manual')).lower()}TriggerConfig")
    at_once = int((trigger or {}).get("parallelism") or 1)

    def seconds(load: Load) -> Figure | None:
        runs = load.usage.jobs.get(name)
        if runs is None:
            return None
        figure = Figure.of(runs.per_month, f"runs of {name} a month").times(runs.seconds, "seconds a run")
        return figure.times(at_once, "replicas at once")

    scale = Scale(cpu, memory, least=0, most=at_once, concurrency=None, revisions=1, external=False)
    return priced(*_pair(context, "active", scale, seconds), note="billed while it runs")


def environment(inputs: Inputs, context: Context) -> Metered:
    """Bill dedicated nodes, and the management fee that they or private access cause."""
    dedicated = [
        one
        for one in inputs.get("workloadProfiles") or ()
        if one.get("workloadProfileType", CONSUMPTION) != CONSUMPTION
    ]
    strange = [one["workloadProfileType"] for one in dedicated if one["workloadProfileType"] not in PROFILES]
    if strange:
        return Metered(status=Status.UNSUPPORTED, note=f"no rule for workload profile type {strange[0]!r}")
    parts = [part for one in dedicated for part in _nodes(one, context)]
    cause = "dedicated profiles" if dedicated else _fee_without_profile(context)
    if not cause:
        return Metered(status=Status.FREE, note="Consumption only: its apps are billed")
    parts.append(hourly("Management fee", "aca-dedicated-management", "hour", 1))
    return priced(*parts, note=f"management fee: {cause}")


def _nodes(profile: Inputs, context: Context) -> list[Component]:
    name = profile["name"]
    cores, memory = PROFILES[profile["workloadProfileType"]]
    least = int(profile.get("minimumCount") or 0)
    parts = [
        hourly(f"Profile {name}, vCPU", "aca-dedicated-vcpu", "vCPU-hour", least * cores),
        hourly(f"Profile {name}, memory", "aca-dedicated-memory", "GiB-hour", least * memory),
    ]
    if int(profile.get("maximumCount") or least) > least:
        # How many nodes the apps on it need is not derived: only the usage file's quantities can tell.
        for what, meter, unit in (
            ("vCPU", "aca-dedicated-vcpu", "vCPU-hour"),
            ("memory", "aca-dedicated-memory", "GiB-hour"),
        ):
            parts.append(by_use(context, f"Profile {name}, {what} above minimum", meter, unit, unknown))
    return parts


def _fee_without_profile(context: Context) -> str:
    if context.of_type("app:MaintenanceConfiguration"):
        return "a planned maintenance window"
    for endpoint in context.of_type("network:PrivateEndpoint"):
        for link in endpoint.inputs.get("privateLinkServiceConnections") or ():
            if "managedEnvironments" in (link.get("groupIds") or ()):
                return "a private endpoint to the environment"
    return ""


RULES: dict[str, Rule] = {
    "app:ContainerApp": container_app,
    "app:Job": job,
    "app:ManagedEnvironment": environment,
}
