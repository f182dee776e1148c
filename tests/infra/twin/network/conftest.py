"""ARM's rules for networks in this process: the service and its store, without a server."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.twin.arm.behaviour import ArmProblem
from infra.twin.arm.families.network import NETWORKS, SUBNETS, PrivateEndpoint, Subnet, VirtualNetwork
from infra.twin.arm.families.recorded import Recorded
from infra.twin.arm.families.replications import REPLICATIONS, Replication
from infra.twin.arm.families.services import ManagedEnvironment, Registry
from infra.twin.arm.ids import ResourceId
from infra.twin.arm.operations import Operations
from infra.twin.arm.service import ArmService
from infra.twin.arm.store import DiskStore
from infra.twin.arm.types import TypeTable

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
REGION = "westeurope"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/acrtwin"
ENVIRONMENT = f"{GROUP}/providers/Microsoft.App/managedEnvironments/env"
DELEGATED = [{"name": "environment", "properties": {"serviceName": "Microsoft.App/environments"}}]
LOCATED = {"Microsoft.Network/privateDnsZones/virtualNetworkLinks", REPLICATIONS}
VERSIONS = {
    "Microsoft.Network/privateDnsZones": "2024-06-01",
    "Microsoft.Network": "2024-05-01",
    REPLICATIONS: "2024-11-01-preview",
    "Microsoft.ContainerRegistry": "2023-01-01-preview",
    "Microsoft.App": "2025-02-02-preview",
    "Microsoft.ManagedIdentity": "2023-01-31",
    "Microsoft.Resources": "2024-03-01",
}


@dataclass
class Arm:
    """Write resources, and wait until they have settled."""

    service: ArmService
    loop: asyncio.Runner

    @property
    def store(self) -> DiskStore:
        return self.service.store

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self.loop.run(self._put(ResourceId(path), {"location": REGION, **body}))

    async def _put(self, resource: ResourceId, body: dict[str, Any]) -> dict[str, Any]:
        if resource.type.count("/") > 1 and resource.type not in LOCATED:
            body.pop("location")
        version = next(api for prefix, api in VERSIONS.items() if resource.type.startswith(prefix))
        await self.service.put(resource, body, version, "tester")
        await self.service.operations.quiet(resource.key)
        found = self.store.get(resource)
        assert found is not None
        return found.body

    def refused(self, path: str, body: dict[str, Any]) -> ArmProblem:
        with pytest.raises(ArmProblem) as caught:
            self.put(path, body)
        return caught.value

    def network(self, *space: str) -> None:
        self.put(NETWORK, {"properties": {"addressSpace": {"addressPrefixes": list(space)}}})

    def subnet(self, name: str, prefix: str, *, delegated: bool = False) -> str:
        properties = {"addressPrefix": prefix, **({"delegations": DELEGATED} if delegated else {})}
        self.put(f"{NETWORK}/subnets/{name}", {"properties": properties})
        return f"{NETWORK}/subnets/{name}"


@pytest.fixture
def arm(tmp_path: Path) -> Iterator[Arm]:
    service = ArmService(
        store=DiskStore.open(tmp_path / "resources.json"),
        table=TypeTable.load(),
        behaviours={
            "": Recorded(),
            NETWORKS.lower(): VirtualNetwork(),
            SUBNETS.lower(): Subnet(),
            "microsoft.network/privateendpoints": PrivateEndpoint(),
            REPLICATIONS.lower(): Replication(),
            "microsoft.containerregistry/registries": Registry("localhost:5000"),
            "microsoft.app/managedenvironments": ManagedEnvironment(lambda: "localhost:80"),
        },
        operations=Operations(lambda _: None),
        subscription=SUBSCRIPTION,
        tenant="11111111-1111-1111-1111-111111111111",
        settled=lambda _: None,
    )
    with asyncio.Runner() as loop:
        made = Arm(service, loop)
        made.put(GROUP, {})
        yield made
