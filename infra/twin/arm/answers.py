"""What ARM answers with: status, body and the headers that clients poll by."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from infra.twin.arm.behaviour import Resource
from infra.twin.arm.operations import Operation

PAUSE_MS = 100


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Hold what the transport sends."""

    status: int
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)


def etag(resource: Resource) -> str:
    """Return a tag that changes with the resource."""
    text = json.dumps(resource.body, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def polled(operation: Operation, api_version: str | None) -> dict[str, str]:
    """Return the headers that name a running operation and where its result will be."""
    version = f"?api-version={api_version}"
    result = operation.id.replace("/operationStatuses/", "/operationResults/")
    return {
        "Azure-AsyncOperation": f"{operation.id}{version}",
        "Location": f"{result}{version}",
        "retry-after-ms": str(PAUSE_MS),
    }
