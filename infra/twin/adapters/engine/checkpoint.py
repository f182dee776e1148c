"""What a deployment asked for, read from the engine's own state."""

from dataclasses import asdict
from typing import Any

from pulumi.automation import Stack

from infra.plan import PlannedResource
from infra.twin.adapters.monitor import plain

_PROVIDERS = "pulumi:providers:"


def planned(stack: Stack) -> list[dict[str, Any]]:
    """Return the resources of a stack as an adapter reports a plan, without components."""
    deployment = stack.export_stack().deployment or {}
    resources = deployment.get("resources") or []
    own = [one for one in resources if one.get("custom") and not one["type"].startswith(_PROVIDERS)]
    return [asdict(_planned(resource)) for resource in own]


def _planned(resource: dict[str, Any]) -> PlannedResource:
    return PlannedResource(
        type=resource["type"],
        name=str(resource["urn"]).rpartition("::")[2],
        inputs=plain(resource.get("inputs") or {}),
        urn=resource["urn"],
        depends_on=tuple(sorted(resource.get("dependencies") or ())),
    )
