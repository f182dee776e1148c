"""Alert rules with their thresholds, and budgets: recorded, for a twin has nothing to fire them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infra.twin.arm.behaviour import Resource
from infra.twin.arm.ids import ResourceId
from infra.twin.page.model import AlertRow, BudgetRow, Watching, clipped, first

MOST_RULES = 100
METRIC, LOG = "microsoft.insights/metricalerts", "microsoft.insights/scheduledqueryrules"
BUDGET = "microsoft.consumption/budgets"
_KINDS = {METRIC: "metric", LOG: "log query"}
_SIGNS = {
    "GreaterThan": ">",
    "GreaterThanOrEqual": ">=",
    "GreaterOrLessThan": "outside",
    "LessThan": "<",
    "LessThanOrEqual": "<=",
    "Equals": "=",
    "Equal": "=",
}
Told = Mapping[str, Any]


def watching(resources: Sequence[Resource]) -> Watching:
    """Return what is recorded to watch a stack."""
    alerts = (_alert(one) for one in resources if one.type.lower() in _KINDS)
    budgets = (_budget(one) for one in resources if one.type.lower() == BUDGET)
    return Watching(alerts=first(alerts, MOST_RULES), budgets=first(budgets, MOST_RULES))


def _alert(rule: Resource) -> AlertRow:
    told = rule.properties
    criteria = (told.get("criteria") or {}).get("allOf") or ()
    return AlertRow(
        name=rule.name,
        kind=_KINDS[rule.type.lower()],
        watches=clipped(_names(told.get("scopes") or ())),
        condition=clipped(" and ".join(_condition(one) for one in criteria) or "none is recorded"),
        timing=f"every {told.get('evaluationFrequency', '?')} over {told.get('windowSize', '?')}",
        severity=str(told.get("severity", "")),
        enabled=bool(told.get("enabled", True)),
        tells=clipped(_names(_groups(told.get("actions")))),
    )


def _condition(one: Told) -> str:
    how = one.get("timeAggregation") or ""
    what = one.get("metricName") or one.get("metricMeasureColumn") or ("rows" if one.get("query") else "")
    sign = _SIGNS.get(str(one.get("operator")), str(one.get("operator") or ""))
    bound = one.get("threshold")
    limit = f"{one.get('alertSensitivity', 'dynamic')} (dynamic)" if bound is None else f"{bound:g}"
    failing = one.get("failingPeriods") or {}
    times = (
        f", {failing.get('minFailingPeriodsToAlert')} of {failing.get('numberOfEvaluationPeriods')} periods"
        if failing
        else ""
    )
    return f"{how} {what} {sign} {limit}{times}".strip()


def _groups(actions: Any) -> Iterable[str]:
    """Return the ids of the action groups, in a metric alert's form or a query rule's."""
    if isinstance(actions, Mapping):
        return [str(one) for one in actions.get("actionGroups") or ()]
    return [str(one.get("actionGroupId", "")) for one in actions or ()]


def _names(ids: Iterable[str]) -> str:
    return ", ".join(ResourceId(str(one)).name for one in ids)


def _budget(budget: Resource) -> BudgetRow:
    told = budget.properties
    notices = (told.get("notifications") or {}).values()
    return BudgetRow(
        name=budget.name,
        amount=f"{told.get('amount', '?')} {str(told.get('timeGrain', '')).lower()}".strip(),
        since=str((told.get("timePeriod") or {}).get("startDate", ""))[:10],
        notices=clipped(", ".join(_notice(one) for one in notices if one.get("enabled", True)) or "none"),
    )


def _notice(one: Told) -> str:
    people = [*(one.get("contactEmails") or ()), *(one.get("contactRoles") or ())]
    kind = str(one.get("thresholdType", "Actual")).lower()
    told = "1 contact" if len(people) == 1 else f"{len(people)} contacts"
    return f"{one.get('threshold', '?')} % {kind} to {told}"
