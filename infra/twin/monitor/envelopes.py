"""Envelopes of the Application Insights protocol, read as the rows that they become in a workspace."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

MAX_ITEM_BYTES = 64 * 1024
OLDEST = timedelta(hours=48)
NEWEST = timedelta(hours=2)
_PERCENT = 100
_DURATION = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)")
_TAGS = {
    "ai.operation.id": "OperationId",
    "ai.operation.parentId": "ParentId",
    "ai.operation.name": "OperationName",
    "ai.operation.syntheticSource": "SyntheticSource",
    "ai.cloud.role": "AppRoleName",
    "ai.cloud.roleInstance": "AppRoleInstance",
    "ai.application.ver": "AppVersion",
    "ai.user.id": "UserId",
    "ai.user.authUserId": "UserAuthenticatedId",
    "ai.session.id": "SessionId",
    "ai.device.osVersion": "ClientOS",
    "ai.device.type": "ClientType",
    "ai.internal.sdkVersion": "SDKVersion",
}

Fields = Mapping[str, Any]


class InvalidItemError(Exception):
    """Say in the service's words why an item is refused."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Hold one row: the table and its columns, named as in the workspace."""

    table: str
    columns: dict[str, Any] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        """Return the id of the trace that the row belongs to, empty without one."""
        return str(self.columns.get("OperationId", ""))


def rows(envelope: Fields, now: datetime | None = None) -> list[Row]:
    """Return the rows of one envelope; raise InvalidItemError."""
    when = _time(_required(envelope, "time", "Envelope"), now or datetime.now(UTC))
    data = envelope.get("data")
    kind = data.get("baseType") if isinstance(data, Mapping) else None
    body = data.get("baseData") if isinstance(data, Mapping) else None
    if not isinstance(body, Mapping) or not isinstance(kind, str) or kind not in _READERS:
        raise InvalidItemError(f"101: Field 'data' on type 'Envelope' has the unknown base type {kind!r}")
    table, read = _READERS[kind]
    common = {"TimeGenerated": when.isoformat(), **_context(envelope), **_said(body)}
    return [Row(table=table, columns={**common, **own}) for own in read(body)]


def _context(envelope: Fields) -> dict[str, Any]:
    tags = envelope.get("tags")
    known = tags if isinstance(tags, Mapping) else {}
    named = {column: str(known[tag]) for tag, column in _TAGS.items() if known.get(tag)}
    rate = envelope.get("sampleRate")
    count = round(_PERCENT / rate) if isinstance(rate, int | float) and 0 < rate <= _PERCENT else 1
    return {**named, "ItemCount": count, "IKey": str(envelope.get("iKey", ""))}


def _said(body: Fields) -> dict[str, Any]:
    return {
        column: dict(given)
        for name, column in (("properties", "Properties"), ("measurements", "Measurements"))
        if isinstance(given := body.get(name), Mapping)
    }


def _request(body: Fields) -> Iterator[dict[str, Any]]:
    yield {
        "Id": str(_required(body, "id", "RequestData")),
        "Name": str(body.get("name") or ""),
        **_timed(body, "RequestData"),
        "ResultCode": str(_required(body, "responseCode", "RequestData")),
        "Source": body.get("source"),
        "Url": body.get("url"),
    }


def _dependency(body: Fields) -> Iterator[dict[str, Any]]:
    yield {
        "Id": str(body.get("id") or ""),
        "Name": _required(body, "name", "RemoteDependencyData"),
        **_timed(body, "RemoteDependencyData"),
        "ResultCode": str(body.get("resultCode") or ""),
        "DependencyType": body.get("type"),
        "Target": body.get("target"),
        "Data": body.get("data"),
    }


def _availability(body: Fields) -> Iterator[dict[str, Any]]:
    yield {
        "Id": str(_required(body, "id", "AvailabilityData")),
        "Name": _required(body, "name", "AvailabilityData"),
        **_timed(body, "AvailabilityData"),
        "Location": body.get("runLocation"),
        "Message": body.get("message"),
    }


def _message(body: Fields) -> Iterator[dict[str, Any]]:
    message = _required(body, "message", "MessageData")
    yield {"Message": message, "SeverityLevel": _severity(body.get("severityLevel"))}


def _exception(body: Fields) -> Iterator[dict[str, Any]]:
    details = _objects(body, "exceptions", "ExceptionData")
    outer, inner = details[0], details[-1]
    yield {
        "ExceptionType": str(outer.get("typeName") or "Exception"),
        "OuterType": outer.get("typeName"),
        "OuterMessage": outer.get("message"),
        "InnermostType": inner.get("typeName"),
        "InnermostMessage": inner.get("message"),
        "ProblemId": body.get("problemId"),
        "SeverityLevel": _severity(body.get("severityLevel")),
        "Details": [dict(one) for one in details],
    }


def _metrics(body: Fields) -> Iterator[dict[str, Any]]:
    for point in _objects(body, "metrics", "MetricData"):
        value = point.get("value")
        if not point.get("name") or not isinstance(value, int | float):
            raise InvalidItemError("103: Field 'name' or 'value' on type 'DataPoint' is required but missing")
        yield {
            "Name": str(point["name"]),
            "Sum": value,
            "Min": point.get("min", value),
            "Max": point.get("max", value),
            "ItemCount": point.get("count") or 1,
        }


def _event(body: Fields) -> Iterator[dict[str, Any]]:
    yield {"Name": _required(body, "name", "EventData")}


_READERS: dict[str, tuple[str, Callable[[Fields], Iterator[dict[str, Any]]]]] = {
    "RequestData": ("AppRequests", _request),
    "RemoteDependencyData": ("AppDependencies", _dependency),
    "AvailabilityData": ("AppAvailabilityResults", _availability),
    "MessageData": ("AppTraces", _message),
    "ExceptionData": ("AppExceptions", _exception),
    "MetricData": ("AppMetrics", _metrics),
    "EventData": ("AppEvents", _event),
}
TABLES = tuple(table for table, _ in _READERS.values())


def _required(fields: Fields, name: str, kind: str) -> Any:
    value = fields.get(name)
    if value in (None, "", []):
        raise InvalidItemError(f"103: Field '{name}' on type '{kind}' is required but missing or empty")
    return value


def _objects(fields: Fields, name: str, kind: str) -> list[Fields]:
    value = _required(fields, name, kind)
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise InvalidItemError(f"102: Field '{name}' on type '{kind}' is not a list of objects")
    return value


def _timed(body: Fields, kind: str) -> dict[str, Any]:
    milliseconds = _milliseconds(str(_required(body, "duration", kind)), kind)
    return {"DurationMs": milliseconds, "Success": bool(body.get("success", True))}


def _milliseconds(text: str, kind: str) -> float:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise InvalidItemError(f"102: Field 'duration' on type '{kind}' is not a time span: {text!r}")
    days, hours, minutes, seconds = found.groups()
    whole = (int(days or 0) * 24 + int(hours)) * 60 + int(minutes)
    return round((whole * 60 + float(seconds)) * 1000, 3)


def _severity(level: Any) -> int | None:
    names = ("Verbose", "Information", "Warning", "Error", "Critical")
    return names.index(level) if level in names else level if isinstance(level, int) else None


def _time(value: Any, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidItemError(f"102: Field 'time' on type 'Envelope' is not a date: {value!r}") from error
    when = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if when < now - OLDEST:
        raise InvalidItemError("109: Field 'time' on type 'Envelope' is older than the allowed min date")
    if when > now + NEWEST:
        raise InvalidItemError("109: Field 'time' on type 'Envelope' is later than the allowed max date")
    return when
