"""Reading a planned resource's inputs without knowing how deep they go."""

from collections.abc import Iterator
from typing import Any

from infra.plan import PlannedResource

APP = "azure-native:app:ContainerApp"
JOB = "azure-native:app:Job"


def at(value: Any, path: str) -> Any:
    """Return what lies at a dotted path, or None where there is nothing or nothing is known yet."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def entries(value: Any, path: str) -> list[dict[str, Any]]:
    """Return the objects of a list at a dotted path."""
    found = at(value, path)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def containers(resource: PlannedResource) -> list[dict[str, Any]]:
    """Return the containers of an app or a job, those that only prepare it too."""
    return [
        *entries(resource.inputs, "template.containers"),
        *entries(resource.inputs, "template.initContainers"),
    ]


def variables(resource: PlannedResource) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each environment variable of an app or a job, with its name."""
    for container in containers(resource):
        for entry in entries(container, "env"):
            yield str(entry.get("name")), entry


def is_external(resource: PlannedResource) -> bool:
    """Say whether an app can be reached from the internet."""
    return at(resource.inputs, "configuration.ingress.external") is True
