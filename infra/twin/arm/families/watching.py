"""Alerts on metrics, availability tests and workbooks: what Azure checks before it takes them."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, ResourceStore
from infra.twin.arm.families.recorded import Recorded
from infra.twin.arm.ids import ResourceId
from infra.twin.monitor.documented import Metrics, metrics

_COMPONENT = "microsoft.insights/components"
_LINK = "hidden-link:"
_PAGES = "https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics"


@dataclass(frozen=True)
class MetricAlert(Recorded):
    """Check that the metrics which an alert watches exist, with their dimensions and aggregations."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse what the metric's resource type does not have."""
        known = [metrics().get(_type(scope)) for scope in request.properties.get("scopes") or ()]
        for criterion in (request.properties.get("criteria") or {}).get("allOf") or ():
            if criterion.get("skipMetricValidation"):
                continue
            for kind in known:
                if kind is not None:
                    _check(request, criterion, kind)


@dataclass(frozen=True)
class WebTest(Recorded):
    """Check that an availability test is linked to one component that exists."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse a test without its link, or with a link to nothing."""
        tags = request.body.get("tags") or {}
        links = [name.removeprefix(_LINK) for name in tags if name.startswith(f"{_LINK}/")]
        if len([link for link in links if _is_component(link, state)]) != 1:
            message = "A single 'hidden-link' tag pointing to an existing AI component is required."
            fix = "tag the test `hidden-link:COMPONENT_ID` with the value Resource"
            raise _refused(request, message, fix, code="ST002", target="tags")


@dataclass(frozen=True)
class Workbook(Recorded):
    """Check that a workbook is named by a GUID."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse another name."""
        try:
            uuid.UUID(request.id.name)
        except ValueError:
            message = f"The workbook name '{request.id.name}' is invalid: it must be a GUID."
            raise _refused(request, message, "name it by a GUID", code="ST002", target="name") from None


def _is_component(link: str, state: ResourceStore) -> bool:
    found = state.get(link)
    return found is not None and found.type.lower() == _COMPONENT


def _check(request: ArmRequest, criterion: dict[str, Any], kind: Metrics) -> None:
    name = str(criterion.get("metricName", ""))
    metric = kind.metrics.get(name)
    page = f"take the name from {_PAGES}/{kind.page}"
    if metric is None:
        if kind.whole:
            message = f"Couldn't find a metric named {name}. Make sure the name is correct."
            raise _refused(request, message, page)
        return
    aggregation = str(criterion.get("timeAggregation", ""))
    if aggregation not in metric.aggregations:
        message = (
            f"The metric {name} has no aggregation {aggregation!r}; it has: {_list(metric.aggregations)}."
        )
        raise _refused(request, message, page)
    for dimension in _dimensions(criterion):
        if dimension not in metric.dimensions:
            message = f"The metric {name} has no dimension {dimension!r}; it has: {_list(metric.dimensions)}."
            raise _refused(request, message, page)


def _dimensions(criterion: dict[str, Any]) -> Iterator[str]:
    return (str(one.get("name")) for one in criterion.get("dimensions") or ())


def _list(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _type(scope: Any) -> str:
    return ResourceId(str(scope)).type.lower()


def _refused(
    request: ArmRequest,
    message: str,
    fix: str,
    *,
    code: str = "ST042",
    target: str = "properties.criteria",
) -> ArmProblem:
    finding = Finding(code=code, resource=request.id.path, message=message, fix=fix)
    return ArmProblem(400, "BadRequest", message, target=target, finding=finding)
