"""The resources as a tree, and one of them with what is recorded of it."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from infra.twin.arm.behaviour import Resource
from infra.twin.arm.ids import ResourceId
from infra.twin.page.confidential import LEFT_OUT, without_secrets
from infra.twin.page.model import Listing, ResourceDetail, ResourceRow, clipped, first

MOST_RESOURCES = 400
MOST_RECORDED = 64 * 1024
_SECRETS = "microsoft.keyvault/vaults/secrets"


def resource_rows(resources: Sequence[Resource]) -> Listing[ResourceRow]:
    """Return the resources, each after what it hangs on, siblings by type and name."""
    listed = {resource.id.key: resource for resource in resources}
    children: dict[str | None, list[Resource]] = {}
    for resource in resources:
        children.setdefault(_above(resource.id, listed), []).append(resource)
    return first(_walk(children, None), MOST_RESOURCES)


def _walk(children: dict[str | None, list[Resource]], key: str | None) -> Iterable[ResourceRow]:
    for resource in sorted(children.get(key, ()), key=lambda one: (one.type.lower(), one.name.lower())):
        yield _row(resource, key)
        yield from _walk(children, resource.id.key)


def _row(resource: Resource, parent: str | None) -> ResourceRow:
    return ResourceRow(
        id=resource.id.key,
        type=resource.type,
        name=clipped(resource.name),
        state=str(resource.properties.get("provisioningState", "Succeeded")),
        location=str(resource.body.get("location", "")),
        parent=parent,
    )


def _above(resource: ResourceId, listed: dict[str, Resource]) -> str | None:
    """Return the key of the nearest listed resource that an id lies below."""
    segments = resource.key.strip("/").split("/")
    for end in range(len(segments) - 1, 0, -1):
        key = "/" + "/".join(segments[:end])
        if key in listed:
            return key
    return None


def resource_detail(resource: Resource, parent: str | None = None) -> ResourceDetail:
    """Return one resource with its body, secrets left out."""
    within = resource.type if resource.type.lower() == _SECRETS else ""
    shown = without_secrets(resource.body | {"properties": {}})
    shown["properties"] = without_secrets(resource.properties, within)
    text = json.dumps(shown, indent=2)
    return ResourceDetail(
        id=resource.id.path,
        type=resource.type,
        name=resource.name,
        api_version=resource.api_version,
        parent=parent,
        recorded=clipped(text, MOST_RECORDED),
        hidden=_count(shown),
    )


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_count(item) for item in value.values())
    if isinstance(value, list):
        return sum(_count(item) for item in value)
    return int(value == LEFT_OUT)
