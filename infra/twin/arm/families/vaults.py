"""Key Vault in ARM: vaults and secrets, and what they start."""

import json
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Resource, ResourceStore
from infra.twin.arm.families.recorded import Recorded
from infra.twin.vault.problems import VaultProblem
from infra.twin.vault.vaults import Vaults


@dataclass(frozen=True)
class Vault(Recorded):
    """Give a vault its address, and answer at it."""

    vaults: Vaults

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse to turn purge protection off: Azure never lets one."""
        before = request.existing.properties if request.existing else {}
        if before.get("enablePurgeProtection") and not request.properties.get("enablePurgeProtection"):
            message = (
                'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection '
                "for a vault is an irreversible action."
            )
            finding = Finding(
                code="ST002", resource=request.id.path, message=message, fix="leave purge protection on"
            )
            raise ArmProblem(400, "BadRequest", message, target="enablePurgeProtection", finding=finding)

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the address and the defaults."""
        defaults = {
            "enableSoftDelete": True,
            "softDeleteRetentionInDays": 90,
            "publicNetworkAccess": "Enabled",
        }
        missing = {name: value for name, value in defaults.items() if name not in request.properties}
        return missing | {"vaultUri": f"{self.vaults.address_of(request.id)}/"}

    @override
    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        """Open the vault."""
        await self.vaults.open(resource)

    @override
    async def after_delete(self, resource: Resource, state: ResourceStore) -> None:
        """Close the vault, and destroy its secrets."""
        await self.vaults.remove(resource.id)


@dataclass(frozen=True)
class VaultSecret(Recorded):
    """Put a secret that a template holds into its vault."""

    vaults: Vaults

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the address."""
        return {"secretUri": f"{self.vaults.address_of(request.id.parent)}/secrets/{request.id.name}"}

    @override
    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        """Set the value; ARM keeps none of it."""
        secrets = self.vaults.secrets_of(resource.id.parent)
        value = resource.properties.get("value")
        if secrets is None or value is None:
            return
        try:
            made = secrets.set(resource.name, json.dumps({"value": value}).encode())
        except VaultProblem as problem:
            raise ArmProblem(problem.status, problem.code, problem.message) from problem
        state.set_properties(resource.id, {"value": None, "secretUriWithVersion": made["id"]})
