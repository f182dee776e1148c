"""Replies in the service's form: bodies, and the headers that the SDK reads."""

import json
import uuid
from typing import Any

from infra.twin.database.calls import Reply
from infra.twin.database.content import encoded
from infra.twin.database.problems import CosmosProblem
from infra.twin.database.rows import Container

JSON = {"content-type": "application/json"}
RANGE = "0"


def session_token(lsn: int) -> str:
    """Return the session token of a container's one partition."""
    return f"{RANGE}:-1#{lsn}"


def lsn_of(token: str | None) -> int:
    """Return the number that a session token asks for, or 0 when it asks for none."""
    numbers = [0]
    for pair in (token or "").split(","):
        _, _, vector = pair.rpartition(":")
        parts = vector.split("#")
        if len(parts) > 1 and parts[1].isdecimal():
            numbers.append(int(parts[1][:18]))
    return max(numbers)


def json_reply(status: int, value: Any, charge: float, headers: dict[str, str] | None = None) -> Reply:
    """Return a reply with a JSON value."""
    body = encoded(json.dumps(value, separators=(",", ":"), ensure_ascii=False))
    return Reply(status=status, body=body, headers=JSON | (headers or {}), charge=charge)


def text_reply(status: int, text: str | None, charge: float, headers: dict[str, str] | None = None) -> Reply:
    """Return a reply with JSON that is text already, or with none."""
    body = b"" if text is None else encoded(text)
    return Reply(status=status, body=body, headers=JSON | (headers or {}), charge=charge)


def feed_reply(name: str, rid: str, items: list[Any], headers: dict[str, str] | None = None) -> Reply:
    """Return a list of databases, containers, ranges or offers."""
    return json_reply(200, {"_rid": rid, name: items, "_count": len(items)}, 1.0, headers)


def in_container(container: Container, lsn: int) -> dict[str, str]:
    """Return the headers of everything that is answered from a container."""
    return {
        "x-ms-session-token": session_token(lsn),
        "lsn": str(lsn),
        "x-ms-alt-content-path": container.path,
        "x-ms-content-path": container.rid,
        "x-ms-documentdb-partitionkeyrangeid": RANGE,
    }


def problem_reply(problem: CosmosProblem) -> Reply:
    """Return a refusal as the service words it."""
    activity = str(uuid.uuid4())
    message = f"{problem.message}\r\nActivityId: {activity}, seatrial-twin"
    headers = {"x-ms-substatus": str(problem.sub_status), "x-ms-activity-id": activity, **problem.headers}
    return json_reply(problem.status, {"code": problem.code, "message": message}, problem.charge, headers)
