"""Which row of which table an item becomes, and which items the service refuses."""

from datetime import timedelta
from typing import Any

import pytest

from infra.twin.monitor.envelopes import InvalidItemError, rows
from tests.infra.twin.monitor.items import BEGAN, item, span

REQUEST = {
    "id": "r1",
    "name": "POST /api/v1/message",
    "duration": "0.00:00:02.500",
    "responseCode": "200",
    "success": True,
    "url": "http://app/api/v1/message",
}


def test_a_request_has_its_columns() -> None:
    (row,) = rows(item("RequestData", REQUEST, sampleRate=25.0))

    assert row.table == "AppRequests"
    wanted = {
        "Name": "POST /api/v1/message",
        "DurationMs": 2500,
        "ResultCode": "200",
        "Success": True,
        "OperationId": "a" * 32,
        "AppRoleName": "seatrial",
        "ItemCount": 4,
    }
    assert wanted.items() <= row.columns.items()


def test_a_dependency_keeps_its_parent_and_properties() -> None:
    (row,) = rows(span("execute_tool weather", "s2", "s1", properties={"seatrial.run_id": "r"}))

    assert row.table == "AppDependencies"
    assert (row.columns["ParentId"], row.columns["DependencyType"]) == ("s1", "InProc")
    assert row.columns["Properties"] == {"seatrial.run_id": "r"}


@pytest.mark.parametrize(
    ("kind", "body", "table", "columns"),
    [
        (
            "MessageData",
            {"message": "hello", "severityLevel": "Warning"},
            "AppTraces",
            {"Message": "hello", "SeverityLevel": 2},
        ),
        (
            "ExceptionData",
            {"exceptions": [{"typeName": "ValueError", "message": "no"}, {"typeName": "OSError"}]},
            "AppExceptions",
            {"ExceptionType": "ValueError", "OuterMessage": "no", "InnermostType": "OSError"},
        ),
        (
            "EventData",
            {"name": "signed up", "measurements": {"n": 1.0}},
            "AppEvents",
            {"Name": "signed up", "Measurements": {"n": 1.0}},
        ),
        (
            "AvailabilityData",
            {"id": "1", "name": "ping", "duration": "0.00:00:00.100", "success": False},
            "AppAvailabilityResults",
            {"Name": "ping", "Success": False, "DurationMs": 100},
        ),
    ],
)
def test_each_kind_has_its_table(
    kind: str, body: dict[str, Any], table: str, columns: dict[str, Any]
) -> None:
    (row,) = rows(item(kind, body))

    assert row.table == table
    assert columns.items() <= row.columns.items()


def test_each_point_of_a_metric_is_a_row() -> None:
    points = [{"name": "tokens", "value": 7, "count": 2, "min": 3, "max": 4}, {"name": "runs", "value": 1}]

    first, second = rows(item("MetricData", {"metrics": points}))

    assert {"Name": "tokens", "Sum": 7, "Min": 3, "Max": 4, "ItemCount": 2}.items() <= first.columns.items()
    assert {"Name": "runs", "Sum": 1, "Min": 1, "Max": 1, "ItemCount": 1}.items() <= second.columns.items()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (item("RequestData", REQUEST | {"id": ""}), "'id' on type 'RequestData'"),
        (item("RequestData", REQUEST | {"duration": "2.5 s"}), "not a time span: '2.5 s'"),
        (item("MessageData", {}), "'message' on type 'MessageData'"),
        (item("ExceptionData", {"exceptions": ["none"]}), "'exceptions' on type 'ExceptionData'"),
        (item("ExceptionData", {"exceptions": 7}), "'exceptions' on type 'ExceptionData'"),
        (item("MetricData", {"metrics": [{"name": "x"}]}), "'DataPoint'"),
        (item("MetricData", {"metrics": ["x"]}), "not a list of objects"),
        (item("NoData", {}), "unknown base type 'NoData'"),
        ({**item("MessageData", {"message": "m"}), "data": 3}, "unknown base type None"),
        ({**item("MessageData", {"message": "m"}), "data": {"baseType": [], "baseData": {}}}, "base type []"),
        ({**item("MessageData", {"message": "m"}), "time": "today"}, "not a date: 'today'"),
        (item("MessageData", {"message": "m"}, after=-49 * 3600), "older than the allowed min date"),
        (item("MessageData", {"message": "m"}, after=3 * 3600), "later than the allowed max date"),
    ],
)
def test_what_the_service_refuses(broken: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidItemError) as refused:
        rows(broken, BEGAN + timedelta(minutes=1))

    assert said in str(refused.value)
