"""What a resource is billed by: pure rules, one module a family of services. No prices here."""

from infra.cost.meters.component import Component, Context, Metered
from infra.cost.meters.rules import metered

__all__ = ["Component", "Context", "Metered", "metered"]
