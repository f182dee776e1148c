"""What ARM answers beside reading and writing resources: verbs, and lists that no client writes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.twin.arm import problems
from infra.twin.arm.behaviour import Resource, ResourceStore
from infra.twin.arm.ids import ResourceId
from infra.twin.identity.actions import type_of


@dataclass(frozen=True, kw_only=True)
class Call:
    """Hold one such request.

    `owner` is the nearest resource of the store at or above the path; `rest` is what the path says below it.
    """

    method: str
    path: ResourceId
    owner: Resource | None
    rest: tuple[str, ...]
    body: dict[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def resource(self) -> Resource:
        """Return the owner; raise ArmProblem 404 when there is none."""
        if self.owner is None:
            raise problems.resource_not_found(self.path)
        return self.owner


Extra = Callable[[Call], Awaitable[dict[str, Any] | None]]
"""None leaves the request to the resources."""
Extras = Mapping[str, Extra]
"""Extras by method and type in lower case: `get microsoft.app/containerapps/revisions`."""


def key_of(method: str, path: str) -> str:
    """Return the key under which a request's extra is found."""
    return f"{'get' if method == 'HEAD' else method.lower()} {type_of(path).lower()}"


def owner_of(path: ResourceId, state: ResourceStore) -> tuple[Resource | None, tuple[str, ...]]:
    """Return the nearest resource at or above a path, and the path's segments below it."""
    segments = path.segments
    for end in range(len(segments), 0, -1):
        found = state.get("/" + "/".join(segments[:end]))
        if found is not None:
            return found, tuple(segments[end:])
    return None, tuple(segments)
