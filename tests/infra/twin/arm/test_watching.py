"""What Azure refuses of alerts, availability tests and workbooks."""

from pathlib import Path
from typing import Any

import pytest

from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Resource
from infra.twin.arm.families.watching import MetricAlert, WebTest, Workbook
from infra.twin.arm.ids import ResourceId
from infra.twin.arm.store import DiskStore
from infra.twin.monitor.documented import metrics, tables
from infra.twin.monitor.envelopes import TABLES, rows
from tests.infra.twin.monitor.items import item, span

PROVIDERS = "/subscriptions/0/resourceGroups/rg/providers"
APP = f"{PROVIDERS}/Microsoft.App/containerApps/ca"
COMPONENT = f"{PROVIDERS}/Microsoft.Insights/components/ai"
COSMOS = f"{PROVIDERS}/Microsoft.DocumentDB/databaseAccounts/db"


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    opened = DiskStore.open(tmp_path / "arm.json")
    opened.put(Resource(id=ResourceId(COMPONENT), api_version="1", body={"properties": {}}))
    return opened


def request(kind: str, name: str, properties: dict[str, Any], **more: Any) -> ArmRequest:
    return ArmRequest(
        method="PUT",
        id=ResourceId(f"{PROVIDERS}/Microsoft.Insights/{kind}/{name}"),
        api_version="1",
        body={"properties": properties, **more},
        existing=None,
        caller="c",
    )


def alert(scope: str, **criterion: Any) -> ArmRequest:
    given = {"metricName": "Requests", "timeAggregation": "Total", **criterion}
    return request("metricAlerts", "a", {"scopes": [scope], "criteria": {"allOf": [given]}})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            alert(APP, metricName="Replica Restart Count"),
            "Couldn't find a metric named Replica Restart Count",
        ),
        (alert(COMPONENT), "Couldn't find a metric named Requests"),
        (alert(APP, timeAggregation="Count"), "no aggregation 'Count'; it has: Average, Maximum"),
        (alert(APP, dimensions=[{"name": "status"}]), "no dimension 'status'; it has: podName"),
        (
            alert(COSMOS, metricName="TotalRequests", timeAggregation="Total"),
            "no aggregation 'Total'; it has: Count",
        ),
    ],
)
def test_an_alert_on_what_does_not_exist_is_refused(store: DiskStore, asked: ArmRequest, said: str) -> None:
    with pytest.raises(ArmProblem) as refused:
        MetricAlert().check(asked, store)

    assert (refused.value.status, refused.value.code) == (400, "BadRequest")
    assert said in refused.value.message
    assert [finding.code for finding in refused.value.findings] == ["ST042"]


@pytest.mark.parametrize(
    "asked",
    [
        alert(APP, dimensions=[{"name": "statusCodeCategory"}]),
        alert(APP, metricName="later", skipMetricValidation=True),
        # The list of Cosmos' metrics is not whole, and other types are not in it.
        alert(COSMOS, metricName="NormalizedRUConsumption"),
        alert(f"{PROVIDERS}/Microsoft.Cache/redis/r", metricName="usedmemory"),
    ],
)
def test_other_alerts_are_taken(store: DiskStore, asked: ArmRequest) -> None:
    MetricAlert().check(asked, store)


@pytest.mark.parametrize(
    "tags", [{}, {f"hidden-link:{APP}": "Resource"}, {"hidden-link:x": "Resource"}, {"a": COMPONENT}]
)
def test_a_test_without_a_component_is_refused(store: DiskStore, tags: dict[str, str]) -> None:
    with pytest.raises(ArmProblem, match="A single 'hidden-link' tag"):
        WebTest().check(request("webtests", "t", {}, tags=tags), store)


def test_a_test_with_a_component_is_taken(store: DiskStore) -> None:
    tags = {f"hidden-link:{COMPONENT}": "Resource", f"hidden-link:{APP}": "Resource", "stage": "dev"}
    WebTest().check(request("webtests", "t", {}, tags=tags), store)


def test_a_workbook_is_named_by_a_guid(store: DiskStore) -> None:
    good = "9b3e1a54-0000-4000-8000-000000000000"
    Workbook().check(request("workbooks", good, {"serializedData": "{}"}), store)

    with pytest.raises(ArmProblem, match="must be a GUID"):
        Workbook().check(request("workbooks", "agents", {"serializedData": "{}"}), store)


def test_what_is_known_of_a_type_is_named_as_arm_names_it() -> None:
    assert {"microsoft.app/containerapps", "microsoft.insights/components"} <= set(metrics())
    assert all(
        entry.page.replace("-", "").startswith(kind.replace(".", "").replace("/", ""))
        for kind, entry in metrics().items()
    )


def test_every_row_has_columns_that_its_table_has() -> None:
    request_data = {"id": "1", "name": "n", "duration": "0.00:00:01.000", "responseCode": "200"}
    told = [
        span("run", "1", properties={"a": "b"}),
        item("RequestData", {**request_data, "success": True, "url": "u", "source": "s"}),
        item("MessageData", {"message": "m", "severityLevel": 1, "measurements": {"n": 1}}),
        item("ExceptionData", {"exceptions": [{"typeName": "t", "message": "m"}], "problemId": "p"}),
        item("EventData", {"name": "e"}),
        item("MetricData", {"metrics": [{"name": "m", "value": 1}], "properties": {"a": "b"}}),
        item("AvailabilityData", {**request_data, "runLocation": "x", "message": "m"}),
    ]
    seen = [row for one in told for row in rows(one)]

    assert {row.table for row in seen} == set(TABLES)
    assert [(row.table, set(row.columns) - tables()[row.table]) for row in seen] == [
        (row.table, set()) for row in seen
    ]
