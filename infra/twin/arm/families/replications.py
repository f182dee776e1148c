"""Copies of a registry in other regions."""

from typing import Any

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, ResourceStore
from infra.twin.arm.families.recorded import Recorded

REPLICATIONS = "Microsoft.ContainerRegistry/registries/replications"


class Replication(Recorded):
    """Check that a registry can have copies, and that one goes elsewhere."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse a copy of a registry that is not Premium, and one in the registry's own region."""
        registry = state.get(request.id.parent)
        if registry is None:
            return
        sku = str((registry.body.get("sku") or {}).get("name", ""))
        if sku != "Premium":
            message = f"The resource type replications is not supported for the registry SKU {sku}."
            raise _refused(request, "UnsupportedSku", message, "set registrySku to 'Premium'")
        if request.body.get("location") == registry.body.get("location"):
            message = f"The replication location {request.body['location']} is the registry's home region."
            raise _refused(request, "ReplicationLocationInvalid", message, "name another region")

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the defaults."""
        defaults = {"regionEndpointEnabled": True, "zoneRedundancy": "Disabled"}
        return {name: value for name, value in defaults.items() if name not in request.properties}


def _refused(request: ArmRequest, code: str, message: str, fix: str) -> ArmProblem:
    finding = Finding(code="ST033", resource=request.id.path, message=message, fix=fix)
    return ArmProblem(400, code, message, finding=finding)
