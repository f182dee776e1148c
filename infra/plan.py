"""What a program asks for, as plain data: the meeting point of synthesis, price and policy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PlannedResource:
    """Describe one resource of a synthesised stack.

    `type` is the Pulumi token (`azure-native:app:ContainerApp`), `inputs` are the SDK's inputs in
    camelCase with integers as integers; a value that only the cloud knows is None.
    """

    type: str
    name: str
    inputs: dict[str, Any]
    urn: str
    depends_on: tuple[str, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Hold everything one stack asks for."""

    stack: str
    resources: tuple[PlannedResource, ...]

    @classmethod
    def of(cls, stack: str, entries: Iterable[Mapping[str, Any]]) -> "Plan":
        """Return the plan whose resources were written as plain data (`dataclasses.asdict`).

        They are in order of their names: a program registers them as they become ready, in no certain order.
        """
        planned = (PlannedResource(**{**one, "depends_on": tuple(one["depends_on"])}) for one in entries)
        return cls(stack=stack, resources=tuple(sorted(planned, key=lambda one: (one.name, one.urn))))

    def of_type(self, token: str) -> tuple[PlannedResource, ...]:
        """Return the planned resources of one Pulumi type token."""
        return tuple(resource for resource in self.resources if resource.type == token)
