"""The twin's resources on disk: one JSON file, replaced whole, never half written."""

import copy
import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, Resource
from infra.twin.arm.ids import ResourceId

_VERSION = 1


class CorruptedStateError(Exception):
    """Say that a state file cannot be read as one."""


def merge(target: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return `target` with a JSON merge patch (RFC 7396) applied."""
    merged = dict(target)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            inner = merged.get(key)
            merged[key] = merge(inner if isinstance(inner, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def write_atomically(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace a file's content so that a reader sees the old one or the new one."""
    scratch = path.with_name(f".{path.name}.new")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        scratch.replace(path)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise


class DiskStore:
    """Implement ResourceStore; every change is on disk before it is visible."""

    def __init__(self, path: Path, resources: dict[str, Resource]) -> None:
        self._path = path
        self._resources = resources

    @classmethod
    def open(cls, path: Path) -> "DiskStore":
        """Return the store of a file, empty when there is none; raise CorruptedStateError."""
        if not path.exists():
            return cls(path, {})
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["version"] != _VERSION:
                raise CorruptedStateError(
                    f"{path} has version {data['version']!r}; this program reads {_VERSION}"
                )
            resources = [_read(item) for item in data["resources"]]
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise CorruptedStateError(
                f"{path} cannot be read as the twin's state ({type(error).__name__}: "
                f"{error}); move it away and deploy "
                "again, or restore it"
            ) from error
        return cls(path, {resource.id.key: resource for resource in resources})

    def __iter__(self) -> Iterator[Resource]:
        return iter([_copy(resource) for resource in self._resources.values()])

    def get(self, resource_id: str | ResourceId) -> Resource | None:
        """Return one resource, or None."""
        found = self._resources.get(_key(resource_id))
        return None if found is None else _copy(found)

    def of_type(self, resource_type: str) -> list[Resource]:
        """Return the resources of one type in the order of their creation."""
        wanted = resource_type.lower()
        return [_copy(found) for found in self._resources.values() if found.type.lower() == wanted]

    def below(self, resource_id: str | ResourceId) -> list[Resource]:
        """Return everything whose id lies below this one."""
        root = ResourceId(str(resource_id))
        return [_copy(found) for found in self._resources.values() if found.id.is_below(root)]

    def set_properties(self, resource_id: str | ResourceId, changes: dict[str, Any]) -> Resource:
        """Merge changes into a resource's properties, save, and return it."""
        found = self._resources[_key(resource_id)]
        properties = merge(found.body.get("properties") or {}, copy.deepcopy(changes))
        changed = Resource(
            id=found.id, api_version=found.api_version, body={**found.body, "properties": properties}
        )
        self.put(changed)
        return _copy(changed)

    def put(self, resource: Resource) -> None:
        """Save a resource; raise ArmProblem 507 when the disk does not take it."""
        with self._saving():
            self._resources[resource.id.key] = _copy(resource)

    def remove(self, resource_id: str | ResourceId) -> None:
        """Forget a resource."""
        with self._saving():
            self._resources.pop(_key(resource_id), None)

    def relocate(self, moved: dict[str, str]) -> None:
        """Replace addresses (`localhost:1` by `localhost:2`) everywhere: ports may change at a restart."""
        if not self._resources or all(old == new for old, new in moved.items()):
            return
        with self._saving():
            for key, resource in self._resources.items():
                self._resources[key] = Resource(
                    id=resource.id, api_version=resource.api_version, body=_replace(resource.body, moved)
                )

    @contextmanager
    def _saving(self) -> Iterator[None]:
        before = dict(self._resources)
        try:
            yield
            self._save()
        except OSError as error:
            self._resources = before
            raise _no_disk(self._path, error) from error

    def _save(self) -> None:
        resources = [
            {"id": found.id.path, "apiVersion": found.api_version, "body": found.body}
            for found in self._resources.values()
        ]
        write_atomically(self._path, json.dumps({"version": _VERSION, "resources": resources}, indent=1))


def _key(resource_id: str | ResourceId) -> str:
    return ResourceId("/" + str(resource_id).strip("/")).key


def _copy(resource: Resource) -> Resource:
    return Resource(id=resource.id, api_version=resource.api_version, body=copy.deepcopy(resource.body))


def _read(item: dict[str, Any]) -> Resource:
    if not isinstance(item["body"], dict):
        raise TypeError(f"the body of {item['id']} is no object")
    return Resource(id=ResourceId.parse(item["id"]), api_version=item["apiVersion"], body=item["body"])


def _replace(value: Any, moved: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replace(item, moved) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace(item, moved) for item in value]
    if isinstance(value, str):
        for old, new in moved.items():
            if f"{old}/" in value or value.endswith(old):
                return value.replace(old, new)
    return value


def _no_disk(path: Path, error: OSError) -> ArmProblem:
    reason = "no space is left on the disk" if error.errno == errno.ENOSPC else str(error)
    return ArmProblem(
        507,
        "InsufficientStorage",
        f"The twin could not save its state to {path}: {reason}.",
        finding=Finding(
            code="ST021",
            resource=str(path),
            message=f"the twin's state could not be written: {reason}",
            fix=f"free space on the disk of {path.parent}, or move the project, and deploy again",
        ),
    )
