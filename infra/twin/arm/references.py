"""References between resources: what a body points at must exist."""

from collections.abc import Iterator
from typing import Any

from infra.twin.arm.behaviour import ArmRequest, ResourceStore
from infra.twin.arm.ids import MalformedIdError, ResourceId
from infra.twin.arm.problems import linked_not_found
from infra.twin.arm.types import TypeTable


def check_references(request: ArmRequest, state: ResourceStore, table: TypeTable) -> None:
    """Raise ArmProblem (ST024) when the body names a resource that does not exist."""
    for path, value in _strings(request.body, ""):
        if _is_reference(value, table) and state.get(value) is None:
            raise linked_not_found(request.id, path, value)


def _is_reference(value: str, table: TypeTable) -> bool:
    if not value.lower().startswith("/subscriptions/") or "/providers/" not in value.lower():
        return False
    try:
        return table.find(ResourceId.parse(value).type) is not None
    except MalformedIdError:
        return False


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            inner = f"{path}.{key}" if path else key
            if path == "identity.userAssignedIdentities":
                yield path, key
            yield from _strings(item, inner)
