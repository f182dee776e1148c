"""What a resource is billed by: pure rules, one per type. No prices here."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from infra.plan import Plan, PlannedResource

HOURS = 730
SECONDS = HOURS * 3600
DAYS = 30
AUTOSCALE_FLOOR = Decimal("0.1")
ZONES = Decimal("1.25")
FREE_RETENTION_DAYS = 31


class Status(StrEnum):
    """Say how far a resource could be priced."""

    PRICED = "priced"
    FREE = "free"
    INCLUDED = "included"
    EXTERNAL = "external"
    UNSUPPORTED = "unsupported"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, kw_only=True)
class Component:
    """Hold one thing that is billed; a quantity of None depends on use and is no part of a fixed cost."""

    name: str
    meter: str
    unit: str
    quantity: Decimal | None = None
    factor: Decimal = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class Metered:
    """Hold what a resource is billed by, and why when it is by nothing."""

    status: Status
    components: tuple[Component, ...] = ()
    note: str = ""


def metered(resource: PlannedResource, plan: Plan) -> Metered:
    """Return what a resource is billed by; a type without a rule is unsupported, never free."""
    token = resource.type.removeprefix("azure-native:")
    if token in _WITHOUT_BILL:
        status, note = _WITHOUT_BILL[token]
        return Metered(status=status, note=note)
    rule = _RULES.get(token)
    if rule is None:
        return Metered(status=Status.UNSUPPORTED, note=f"no rule for {token} yet")
    try:
        return rule(resource.inputs, plan)
    except (KeyError, TypeError, ArithmeticError) as error:
        return Metered(status=Status.UNRESOLVED, note=f"an input that sets the price is unknown: {error}")


def container_app(inputs: dict[str, Any], _: Plan) -> Metered:
    """Bill the replicas that always run at the active rate: idle needs near silence, so it is not assumed."""
    if inputs.get("workloadProfileName", "Consumption") != "Consumption":
        return Metered(status=Status.UNSUPPORTED, note="dedicated workload profiles have no rule yet")
    template = inputs["template"]
    always = int((template.get("scale") or {}).get("minReplicas") or 0)
    sizes = [container["resources"] for container in template["containers"]]
    cpu = sum((Decimal(str(size["cpu"])) for size in sizes), Decimal(0))
    memory = sum((gibibytes(size["memory"]) for size in sizes), Decimal(0))
    note = "" if always else "scales to zero: billed by the second of use"
    return Metered(
        status=Status.PRICED,
        components=(
            _replicas("vCPU, active", "aca-vcpu-active", "vCPU-second", always * cpu),
            _replicas("Memory, active", "aca-memory-active", "GiB-second", always * memory),
            Component(name="Requests", meter="aca-requests", unit="1M requests"),
        ),
        note=note,
    )


def _replicas(name: str, meter: str, unit: str, always: Decimal) -> Component:
    return Component(name=name, meter=meter, unit=unit, quantity=always * SECONDS if always else None)


def gibibytes(text: str) -> Decimal:
    """Return how many GiB a Container Apps memory size is."""
    return Decimal(text.removesuffix("Gi"))


def registry(inputs: dict[str, Any], _: Plan) -> Metered:
    """Bill a registry by the day, not by the hour, and what it holds above what is included."""
    sku = str(inputs["sku"]["name"]).lower()
    return Metered(
        status=Status.PRICED,
        components=(
            Component(name=f"Registry unit, {sku}", meter=f"acr-{sku}", unit="day", quantity=Decimal(DAYS)),
            Component(name="Storage above the included", meter="acr-storage", unit="GB-month"),
        ),
    )


def cosmos_account(inputs: dict[str, Any], _: Plan) -> Metered:
    """Bill what the account itself is billed by: storage, serverless requests, the longer backup."""
    regions = Decimal(len(inputs["locations"]))
    components = [Component(name="Storage", meter="cosmos-storage", unit="GB-month", factor=regions)]
    if _serverless(inputs):
        requests = Component(
            name="Requests, serverless", meter="cosmos-serverless", unit="1M RU", factor=_zones(inputs)
        )
        components.append(requests)
    backup = (inputs.get("backupPolicy") or {}).get("continuousModeProperties") or {}
    if backup.get("tier") == "Continuous30Days":
        components.append(
            Component(name="Backup, 30 days", meter="cosmos-backup-30-days", unit="GB-month", factor=regions)
        )
    return Metered(status=Status.PRICED, components=tuple(components))


def cosmos_throughput(inputs: dict[str, Any], plan: Plan) -> Metered:
    """Bill a database's or a container's own throughput; an autoscaled one costs its floor at least."""
    account = _account_of(inputs, plan)
    options = inputs.get("options") or {}
    regions = Decimal(len(account["locations"]))
    factor = regions * _zones(account)
    ceiling = (options.get("autoscaleSettings") or {}).get("maxThroughput")
    if ceiling is not None:
        floor = Component(
            name="Throughput, autoscale floor (10 %)",
            meter="cosmos-autoscale",
            unit="100 RU/s-hour",
            quantity=Decimal(ceiling) * AUTOSCALE_FLOOR / 100 * HOURS,
            factor=factor,
        )
        above = Component(
            name="Throughput above the floor", meter="cosmos-autoscale", unit="100 RU/s-hour", factor=factor
        )
        return Metered(status=Status.PRICED, components=(floor, above))
    if options.get("throughput") is not None:
        hours = Decimal(options["throughput"]) / 100 * HOURS
        manual = Component(
            name="Throughput", meter="cosmos-throughput", unit="100 RU/s-hour", quantity=hours, factor=factor
        )
        return Metered(status=Status.PRICED, components=(manual,))
    return Metered(status=Status.INCLUDED, note="billed by its account or database")


def _account_of(inputs: dict[str, Any], plan: Plan) -> dict[str, Any]:
    accounts = plan.of_type("azure-native:cosmosdb:DatabaseAccount")
    name = inputs["accountName"]
    found = next((one.inputs for one in accounts if one.inputs.get("accountName") == name), None)
    if found is None:
        raise KeyError(f"account {name!r} is not in the plan")
    return found


def _serverless(account: dict[str, Any]) -> bool:
    return any(one.get("name") == "EnableServerless" for one in account.get("capabilities") or ())


def _zones(account: dict[str, Any]) -> Decimal:
    """Return the surcharge of zone redundancy, which Azure may waive for autoscale: the dearer is assumed."""
    zoned = any(location.get("isZoneRedundant") for location in account["locations"])
    return ZONES if zoned and not account.get("enableMultipleWriteLocations") else Decimal(1)


def workspace(inputs: dict[str, Any], _: Plan) -> Metered:
    """Bill logs by what comes in, and by what stays longer than the included month."""
    sku = str((inputs.get("sku") or {}).get("name", "PerGB2018"))
    if sku.lower() != "pergb2018":
        return Metered(status=Status.UNSUPPORTED, note=f"workspace sku {sku} has no rule yet")
    components = [Component(name="Ingestion", meter="logs-ingestion", unit="GB")]
    if int(inputs.get("retentionInDays") or 0) > FREE_RETENTION_DAYS:
        components.append(Component(name="Retention after a month", meter="logs-retention", unit="GB-month"))
    cap = (inputs.get("workspaceCapping") or {}).get("dailyQuotaGb")
    note = f"at most {cap} GB a day" if cap else "no daily cap: a loop that logs has no limit"
    return Metered(status=Status.PRICED, components=tuple(components), note=note)


def telemetry(inputs: dict[str, Any], _: Plan) -> Metered:
    """Bill Application Insights on its workspace; the classic kind has no rule."""
    if inputs.get("workspaceResourceId") or inputs.get("ingestionMode") == "LogAnalytics":
        return Metered(status=Status.INCLUDED, note="billed as ingestion of its workspace")
    return Metered(status=Status.UNSUPPORTED, note="classic Application Insights has no rule")


def metric_alert(inputs: dict[str, Any], _: Plan) -> Metered:
    """Bill each watched time series; the ten free ones belong to the subscription and are not assumed."""
    series = len(inputs["scopes"]) * len(inputs["criteria"]["allOf"])
    watched = Component(
        name="Metric time series",
        meter="alert-metric-series",
        unit="time series-month",
        quantity=Decimal(series),
    )
    return Metered(status=Status.PRICED, components=(watched,))


def model_deployment(inputs: dict[str, Any], _: Plan) -> Metered:
    """Bill tokens; provisioned throughput has no rule."""
    sku = str(inputs["sku"]["name"]).lower()
    if "provisioned" in sku:
        return Metered(status=Status.UNSUPPORTED, note="provisioned throughput has no rule yet")
    meter = f"openai-{inputs['properties']['model']['name']}-{sku}"
    return Metered(
        status=Status.PRICED,
        components=(
            Component(name="Tokens in", meter=f"{meter}-input", unit="1M tokens"),
            Component(name="Tokens out", meter=f"{meter}-output", unit="1M tokens"),
        ),
    )


def environment(inputs: dict[str, Any], _: Plan) -> Metered:
    """Bill nothing for an environment that only has the Consumption profile."""
    kinds = {profile.get("workloadProfileType") for profile in inputs.get("workloadProfiles") or ()}
    if kinds - {"Consumption"}:
        return Metered(status=Status.UNSUPPORTED, note="dedicated workload profiles have no rule yet")
    return Metered(status=Status.FREE, note="Consumption only: its apps are billed")


Rule = Callable[[dict[str, Any], Plan], Metered]
_RULES: dict[str, Rule] = {
    "app:ContainerApp": container_app,
    "app:ManagedEnvironment": environment,
    "applicationinsights:Component": telemetry,
    "cognitiveservices:Deployment": model_deployment,
    "containerregistry:Registry": registry,
    "cosmosdb:DatabaseAccount": cosmos_account,
    "cosmosdb:SqlResourceSqlContainer": cosmos_throughput,
    "cosmosdb:SqlResourceSqlDatabase": cosmos_throughput,
    "monitor:MetricAlert": metric_alert,
    "operationalinsights:Workspace": workspace,
}
_WITHOUT_BILL: dict[str, tuple[Status, str]] = {
    "authorization:RoleAssignment": (Status.FREE, ""),
    "cognitiveservices:Account": (Status.FREE, "its deployments are billed"),
    "consumption:Budget": (Status.FREE, ""),
    "cosmosdb:SqlResourceSqlRoleAssignment": (Status.FREE, ""),
    "managedidentity:UserAssignedIdentity": (Status.FREE, ""),
    "monitor:ActionGroup": (Status.FREE, "1,000 e-mails a month are free"),
    "monitor:DiagnosticSetting": (Status.INCLUDED, "billed as ingestion of its workspace"),
    "resources:ResourceGroup": (Status.FREE, ""),
}
