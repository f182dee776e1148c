"""Telemetry items as the exporter writes them, for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

KEY = "00000000-0000-0000-0000-00000000a1a1"
BEGAN = datetime.now(UTC) - timedelta(minutes=1)


def item(kind: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    seconds = more.pop("after", 0)
    tags = {
        "ai.operation.id": more.pop("operation", "a" * 32),
        "ai.operation.parentId": more.pop("parent", ""),
        "ai.cloud.role": "seatrial",
    }
    return {
        "name": f"Microsoft.ApplicationInsights.{kind}",
        "time": (BEGAN + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"),
        "iKey": KEY,
        "tags": tags,
        "data": {"baseType": kind, "baseData": {"ver": 2, **body}},
        **more,
    }


def span(name: str, own: str, parent: str = "", *, seconds: float = 1, **more: Any) -> dict[str, Any]:
    body = {
        "name": name,
        "id": own,
        "duration": f"0.00:00:{seconds:06.3f}",
        "resultCode": "0",
        "success": more.pop("success", True),
        "type": "InProc",
        "properties": more.pop("properties", {}),
    }
    return item("RemoteDependencyData", body, parent=parent, **more)
