"""The estimate in Infracost's breakdown shape, so that its readers work.

`monthlyCost` is the expected column. What the shape has no place for stands in each resource's
`metadata`, which is free; the members in OURS are additions that readers of the shape ignore.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from infra.cost.change.difference import Difference
from infra.cost.formats.comparison import changed, hourly, past, text, totals
from infra.cost.model import Basis, Estimate, Line, ResourceCost, Status

VERSION = "0.2"
COLUMN = "expected"
OURS = {
    "root": ("complete", "unpriced", "pricesDate"),
    "project": ("complete", "unpriced", "columns", "note"),
    "resource": ("status",),
}
_NO_TIME = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Say where and when a report was made; what is not known stays empty, as in Infracost's."""

    path: str = "infra"
    branch: str = ""
    commit: str = ""
    committed: str = _NO_TIME
    subject: str = ""
    now: datetime | None = None

    @property
    def generated(self) -> str:
        """Return the time of the report in RFC 3339."""
        return (self.now or datetime.now(UTC)).isoformat(timespec="seconds").replace("+00:00", "Z")


def breakdown(
    estimates: Sequence[Estimate], changes: Sequence[Difference] = (), origin: Origin | None = None
) -> dict[str, Any]:
    """Return one report of all stacks; with changes it also holds what was before and the difference."""
    made = origin or Origin()
    by_stack = {change.stack: change for change in changes}
    projects = [_project(one, by_stack.get(one.stack), made) for one in estimates]
    unpriced = [sentence for one in estimates for sentence in one.unpriced]
    return {
        "version": VERSION,
        "metadata": _metadata(made, "diff" if changes else "breakdown"),
        "currency": estimates[0].currency,
        "projects": projects,
        **_sums(projects, "breakdown", "total"),
        **_sums(projects, "pastBreakdown", "pastTotal"),
        **_sums(projects, "diff", "diffTotal"),
        "timeGenerated": made.generated,
        "summary": _summed([project["summary"] for project in projects]),
        "complete": not unpriced,
        "unpriced": unpriced,
        "pricesDate": estimates[0].prices_date.isoformat(),
    }


def _metadata(origin: Origin, command: str) -> dict[str, str]:
    return {
        "infracostCommand": command,
        "vcsBranch": origin.branch,
        "vcsCommitSha": origin.commit,
        "vcsCommitAuthorName": "",
        "vcsCommitAuthorEmail": "",
        "vcsCommitTimestamp": origin.committed,
        "vcsCommitMessage": origin.subject,
    }


def _project(estimate: Estimate, change: Difference | None, origin: Origin) -> dict[str, Any]:
    billed = [_resource(one, estimate.columns) for one in estimate.resources if one.status is not Status.FREE]
    free = [_resource(one, estimate.columns) for one in estimate.resources if one.status is Status.FREE]
    project: dict[str, Any] = {
        "name": estimate.stack,
        "displayName": estimate.stack,
        "metadata": {"path": origin.path, "type": "pulumi"},
        "pastBreakdown": past(change.before if change else None),
        "breakdown": {
            "resources": billed,
            "freeResources": free,
            **totals(estimate.total(COLUMN), estimate.total(COLUMN, Basis.USAGE)),
        },
        "diff": changed(change),
        "summary": _summary(estimate),
        "complete": estimate.complete,
        "unpriced": list(estimate.unpriced),
        "columns": {column: _column(estimate, column) for column in estimate.columns},
    }
    return {**project, "note": change.note} if change and change.note else project


def _column(estimate: Estimate, column: str) -> dict[str, Any]:
    return {
        "monthly": str(estimate.total(column)),
        "fixed": str(estimate.total(column, Basis.FIXED)),
        "usage": str(estimate.total(column, Basis.USAGE)),
        "daily": str(estimate.per_day(column)),
        "missing": list(estimate.missing(column)),
    }


def _resource(resource: ResourceCost, columns: Sequence[str]) -> dict[str, Any]:
    monthly = resource.monthly(COLUMN)
    return {
        "name": resource.name,
        "resourceType": resource.type,
        "status": resource.status.value,
        "metadata": {
            "status": resource.status.value,
            "note": resource.note,
            "lines": [_line(line, columns) for line in resource.lines],
        },
        "hourlyCost": text(hourly(monthly)),
        "monthlyCost": text(monthly),
        "monthlyUsageCost": text(resource.monthly(COLUMN, Basis.USAGE)),
        "costComponents": [_component(line) for line in resource.lines],
    }


def _component(line: Line) -> dict[str, Any]:
    billed, monthly = line.billed(COLUMN), line.monthly(COLUMN)
    return {
        "name": line.component,
        "unit": line.unit,
        "hourlyQuantity": text(hourly(billed)),
        "monthlyQuantity": text(billed),
        "price": None if line.price is None else f"{line.price.price:f}",
        "hourlyCost": text(hourly(monthly)),
        "monthlyCost": text(monthly),
        "usageBased": line.basis is Basis.USAGE,
        "priceNotFound": line.price is None,
    }


def _line(line: Line, columns: Sequence[str]) -> dict[str, Any]:
    price = line.price
    return {
        "id": line.id,
        "component": line.component,
        "meter": line.meter,
        "unit": line.unit,
        "basis": line.basis.value,
        "region": line.region,
        "price": None if price is None else f"{price.price:f}",
        "source": None if price is None else price.source,
        "date": None if price is None or price.date is None else price.date.isoformat(),
        "inferred": price is not None and price.inferred,
        "quantity": {column: text(line.quantity[column]) for column in columns},
        "granted": {column: str(amount) for column, amount in line.granted.items()},
        "monthly": {column: text(line.monthly(column)) for column in columns},
    }


def _sums(projects: list[dict[str, Any]], part: str, prefix: str) -> dict[str, str | None]:
    found = {}
    for suffix in ("HourlyCost", "MonthlyCost", "MonthlyUsageCost"):
        amounts = [project[part][f"total{suffix}"] for project in projects]
        known = [Decimal(amount) for amount in amounts if amount is not None]
        found[f"{prefix}{suffix}"] = str(sum(known, Decimal(0))) if known else None
    return found


def _summary(estimate: Estimate) -> dict[str, Any]:
    unknown = [one for one in estimate.resources if one.status is Status.UNSUPPORTED]
    free = [one for one in estimate.resources if one.status in {Status.FREE, Status.INCLUDED}]
    by_use = [one for one in estimate.resources if any(line.basis is Basis.USAGE for line in one.lines)]
    supported = [one for one in estimate.resources if one.lines]
    return {
        "totalDetectedResources": len(estimate.resources),
        "totalSupportedResources": len(supported),
        "totalUnsupportedResources": len(unknown),
        "totalUsageBasedResources": len(by_use),
        "totalNoPriceResources": len(free),
        "supportedResourceCounts": _counts(supported),
        "unsupportedResourceCounts": _counts(unknown),
        "noPriceResourceCounts": _counts(free),
    }


def _counts(resources: Sequence[ResourceCost]) -> dict[str, int]:
    types = [resource.type for resource in resources]
    return {name: types.count(name) for name in dict.fromkeys(types)}


def _summed(summaries: list[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {}
    for summary in summaries:
        for key, value in summary.items():
            if isinstance(value, dict):
                counts = total.setdefault(key, {})
                for name, count in value.items():
                    counts[name] = counts.get(name, 0) + count
            else:
                total[key] = total.get(key, 0) + value
    return total
