"""Workspaces, Application Insights, alerts and budgets."""

import re
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, ResourceStore
from infra.twin.arm.families.recorded import Recorded, kept, stable_guid


@dataclass(frozen=True)
class Workspace(Recorded):
    """Give a Log Analytics workspace its customer id."""

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the id and the retention's default."""
        filled: dict[str, Any] = {
            "customerId": kept(request, "customerId", stable_guid("law", request.id.path))
        }
        if "retentionInDays" not in request.properties:
            filled["retentionInDays"] = 30
        return filled


@dataclass(frozen=True)
class InsightsComponent(Recorded):
    """Give an Application Insights component a connection string that leads to the twin."""

    ingestion: str
    tenant: str

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in keys and connection string."""
        key = kept(request, "InstrumentationKey", stable_guid("ikey", request.id.path))
        application = kept(request, "AppId", stable_guid("appid", request.id.path))
        parts = (
            f"InstrumentationKey={key}",
            f"IngestionEndpoint={self.ingestion}/",
            f"LiveEndpoint={self.ingestion}/",
            f"ApplicationId={application}",
        )
        return {
            "InstrumentationKey": key,
            "AppId": application,
            "ApplicationId": request.id.name,
            "ConnectionString": ";".join(parts),
            "TenantId": self.tenant,
        }


@dataclass(frozen=True)
class ActionGroup(Recorded):
    """Check an action group's short name."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse a short name over 12 characters."""
        name = str(request.properties.get("groupShortName", ""))
        if not 1 <= len(name) <= 12:  # noqa: PLR2004 - Azure's bound
            message = f"The group short name '{name}' has {len(name)} characters; allowed are 1 to 12."
            raise _refused(
                request, "InvalidGroupShortName", message, "shorten it", "properties.groupShortName"
            )


@dataclass(frozen=True)
class Budget(Recorded):
    """Check a budget's period."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse a start that is not the first of a month, and an amount that is none."""
        period = request.properties.get("timePeriod") or {}
        start = str(period.get("startDate", ""))
        if not re.match(r"\d{4}-\d{2}-01(T00:00:00(\.0+)?(Z|\+00:00)?)?$", start):
            message = f"Start date '{start}' is invalid: it must be the first day of a month."
            fix = "set the budget's startDate in the stack file to a first of a month, such as 2026-01-01"
            raise _refused(request, "400", message, fix, "properties.timePeriod.startDate")
        if not request.properties.get("amount", 0) > 0:
            message = f"The amount {request.properties.get('amount')!r} is invalid: it must be above 0."
            raise _refused(request, "400", message, "set the budget's amount above 0", "properties.amount")


def _refused(request: ArmRequest, code: str, message: str, fix: str, target: str) -> ArmProblem:
    finding = Finding(code="ST002", resource=request.id.path, message=message, fix=fix)
    return ArmProblem(400, code, message, target=target, finding=finding)
