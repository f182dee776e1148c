"""Logs, telemetry, alerts and web tests."""

from decimal import Decimal

from infra.cost.figure import Figure
from infra.cost.meters.component import (
    Amount,
    Component,
    Context,
    Inputs,
    Metered,
    Rule,
    by_use,
    daily,
    fixed,
    priced,
    unknown,
)
from infra.cost.meters.replicas import replica_hours
from infra.cost.model import DAYS, SECONDS, Status
from infra.cost.usage.load import Load

FREE_RETENTION_DAYS = 31
FREQUENCIES = (15, 10, 5, 1)


def workspace(inputs: Inputs, context: Context) -> Metered:
    """Bill logs by what comes in, up to the daily cap, and by what stays longer than a month."""
    sku = str((inputs.get("sku") or {}).get("name", "PerGB2018")).lower()
    cap = (inputs.get("workspaceCapping") or {}).get("dailyQuotaGb")
    limit = None if cap is None or Decimal(str(cap)) < 0 else Decimal(str(cap))

    def taken_in(load: Load) -> Figure | None:
        hours = replica_hours(context, load)
        if hours is None:
            return None
        figure = load.log_gigabytes(hours)
        return (
            figure if limit is None else figure.at_most(limit * DAYS, f"GB: the daily cap of {cap} GB x 30")
        )

    if sku == "pergb2018":
        parts = [by_use(context, "Ingestion", "logs-ingestion", "GB", taken_in)]
    elif sku == "capacityreservation":
        parts = _commitment(int((inputs["sku"])["capacityReservationLevel"]), taken_in, context)
    else:
        return Metered(status=Status.UNSUPPORTED, note=f"workspace sku {sku} has no rule yet")
    parts += _retention(int(inputs.get("retentionInDays") or 0), taken_in, context)
    note = f"at most {cap} GB a day" if limit is not None else "no daily cap: a loop that logs has no limit"
    return priced(*parts, note=note)


def _commitment(level: int, taken_in: Amount, context: Context) -> list[Component]:
    """Return the tier's daily price, and what comes in above it at the tier's own rate."""
    meter = f"logs-commitment-{level}"

    def above(load: Load) -> Figure | None:
        figure = taken_in(load)
        return figure and figure.less(level * DAYS, "GB committed a month").over(
            level, "GB a day of the tier"
        )

    return [
        daily(f"Commitment, {level} GB a day", meter, "day", 1),
        by_use(context, "Ingestion above the commitment", meter, "day", above),
    ]


def _retention(days: int, taken_in: Amount, context: Context) -> list[Component]:
    """Return what stays after the included month: each GB for the days beyond it."""
    if days <= FREE_RETENTION_DAYS:
        return []

    def kept(load: Load) -> Figure | None:
        figure = taken_in(load)
        beyond = days - FREE_RETENTION_DAYS
        return figure and figure.times(beyond, "days beyond 31").over(DAYS, "days a month")

    return [by_use(context, "Retention after a month", "logs-retention", "GB-month", kept)]


def telemetry(inputs: Inputs, _: Context) -> Metered:
    """Bill Application Insights on its workspace; the classic kind has no rule."""
    if inputs.get("workspaceResourceId") or inputs.get("ingestionMode") == "LogAnalytics":
        return Metered(status=Status.INCLUDED, note="billed as ingestion of its workspace")
    return Metered(status=Status.UNSUPPORTED, note="classic Application Insights has no rule")


def metric_alert(inputs: Inputs, context: Context) -> Metered:
    """Bill each watched time series; the ten free ones belong to the subscription and are not assumed."""
    if inputs.get("enabled") is False:
        return Metered(status=Status.FREE, note="disabled")
    criteria = inputs["criteria"]["allOf"]
    counts = [_series(one) for one in criteria]
    scopes = len(inputs["scopes"])
    unit = "time series-month"
    if None in counts:
        open_ended = by_use(context, "Metric time series", "alert-metric-series", unit, unknown)
        return priced(open_ended, note="a dimension takes any value: how many series is not known")
    series = Figure.of(scopes, "scopes").times(sum(one or 0 for one in counts), "series each")
    parts = [fixed("Metric time series", "alert-metric-series", unit, series)]
    dynamic = sum(count or 0 for one, count in zip(criteria, counts, strict=True) if _is_dynamic(one))
    if dynamic:
        watched = Figure.of(scopes, "scopes").times(dynamic, "dynamic series each")
        parts.append(fixed("Dynamic thresholds", "alert-dynamic-threshold", unit, watched))
    return priced(*parts)


def _is_dynamic(criterion: Inputs) -> bool:
    return criterion.get("criterionType") == "DynamicThresholdCriterion"


def _series(criterion: Inputs) -> int | None:
    """Return how many time series a criterion watches; None where a dimension takes any value."""
    count = 1
    for dimension in criterion.get("dimensions") or ():
        values = dimension["values"]
        if "*" in values or dimension.get("operator") == "Exclude":
            return None
        count *= max(1, len(values))
    return count


def log_alert(inputs: Inputs, context: Context) -> Metered:
    """Bill a log search alert by how often it looks; series of split dimensions come on top."""
    if inputs.get("enabled") is False:
        return Metered(status=Status.FREE, note="disabled")
    minutes = _minutes(inputs["evaluationFrequency"])
    step = next((one for one in FREQUENCIES if minutes >= one), 1)
    parts = [
        fixed(
            f"Log alert, every {step} min",
            f"alert-log-{step}-minutes",
            "rule-month",
            Figure.of(len(inputs["scopes"]), "scopes"),
        )
    ]
    if any(one.get("dimensions") for one in inputs["criteria"]["allOf"]):
        meter = f"alert-log-{step}-minutes-series"
        parts.append(by_use(context, "Further series", meter, "time series-month", unknown))
    return priced(*parts)


def _minutes(duration: str) -> int:
    """Return the minutes of an ISO 8601 duration such as PT5M, PT1H or P1D."""
    factors = {"M": 1, "H": 60}
    if duration.startswith("PT"):
        return int(duration[2:-1]) * factors[duration[-1]]
    return int(duration[1:-1]) * 24 * 60


_RECEIVERS = {
    "emailReceivers": ("E-mails", "notify-email"),
    "smsReceivers": ("Text messages", "notify-sms"),
    "voiceReceivers": ("Voice calls", "notify-voice"),
    "azureAppPushReceivers": ("Push notices", "notify-push"),
    "webhookReceivers": ("Web hooks", "notify-webhook"),
}


def action_group(inputs: Inputs, context: Context) -> Metered:
    """Bill each notice to each receiver; the free first thousand e-mails belong to the subscription."""
    parts = [
        _notices(len(inputs[key]), name, meter, context)
        for key, (name, meter) in _RECEIVERS.items()
        if inputs.get(key)
    ]
    return priced(*parts) if parts else Metered(status=Status.FREE, note="it tells nobody")


def _notices(receivers: int, name: str, meter: str, context: Context) -> Component:
    def amount(load: Load) -> Figure | None:
        sent = load.usage.notifications
        return None if sent is None else Figure.of(sent, "notices a month").times(receivers, "receivers")

    return by_use(context, name, meter, "notice", amount)


def web_test(inputs: Inputs, _: Context) -> Metered:
    """Bill each run of a standard test from each of its places; the old ping test is free."""
    if inputs.get("enabled") is False:
        return Metered(status=Status.FREE, note="disabled")
    if str(inputs.get("webTestKind") or inputs.get("kind")).lower() == "ping":
        return Metered(status=Status.FREE, note="ping tests are free")
    runs = Figure.of(SECONDS, "seconds a month").over(int(inputs.get("frequency") or 300), "seconds a run")
    runs = runs.times(len(inputs["locations"]), "places")
    return priced(fixed("Test runs", "web-test-run", "run", runs))


RULES: dict[str, Rule] = {
    "applicationinsights:Component": telemetry,
    "applicationinsights:WebTest": web_test,
    "monitor:ActionGroup": action_group,
    "monitor:MetricAlert": metric_alert,
    "monitor:ScheduledQueryRule": log_alert,
    "operationalinsights:Workspace": workspace,
}
