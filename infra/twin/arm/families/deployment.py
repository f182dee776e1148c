"""What a pipeline deploys with: state accounts, keys, and credentials that trust GitHub."""

from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, ResourceStore
from infra.twin.arm.families.recorded import Recorded, stable_guid

MOST_CREDENTIALS = 20
CREDENTIALS = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"


@dataclass(frozen=True)
class StorageAccount(Recorded):
    """Give an account its addresses."""

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the addresses and what Azure assumes where nothing is said."""
        name = request.id.name.lower()
        kinds = ("blob", "dfs", "file", "queue", "table", "web")
        defaults = {
            "allowSharedKeyAccess": True,
            "supportsHttpsTrafficOnly": True,
            "minimumTlsVersion": "TLS1_0",
        }
        given = request.properties
        return {key: value for key, value in defaults.items() if key not in given} | {
            "primaryEndpoints": {kind: f"https://{name}.{kind}.core.windows.net/" for kind in kinds},
            "primaryLocation": request.body.get("location", ""),
            "statusOfPrimary": "available",
        }


@dataclass(frozen=True)
class BlobService(Recorded):
    """Keep an account's settings for blobs; its only name is `default`."""

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in what Azure assumes where nothing is said."""
        return {} if "isVersioningEnabled" in request.properties else {"isVersioningEnabled": False}


@dataclass(frozen=True)
class VaultKey(Recorded):
    """Give a key its addresses; a key that exists keeps its version, since ARM makes no second one."""

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the addresses."""
        base = f"https://{request.id.parent.name.lower()}.vault.azure.net/keys/{request.id.name}"
        version = stable_guid(base).replace("-", "")
        return {"keyUri": base, "keyUriWithVersion": f"{base}/{version}"}


@dataclass(frozen=True)
class FederatedCredential(Recorded):
    """Check a credential as Azure's managed identity service does."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse the 21st credential of an identity, and a second one for the same issuer and subject."""
        siblings = [
            one
            for one in state.of_type(CREDENTIALS)
            if one.id.parent.key == request.id.parent.key and one.id.key != request.id.key
        ]
        if len(siblings) >= MOST_CREDENTIALS:
            message = f"Too many Federated Identity Credentials: an identity has at most {MOST_CREDENTIALS}."
            raise _refused(request, "TooManyFederatedIdentityCredentials", message, "drop environments")
        pair = _trusted(request.properties)
        if any(_trusted(one.properties) == pair for one in siblings):
            message = (
                "Issuer and subject combination already exists for this Managed Identity: "
                f"{pair[0]} {pair[1]}."
            )
            raise _refused(request, "FederatedIdentityCredentialExists", message, "name each subject once")


def _trusted(properties: dict[str, Any]) -> tuple[str, str]:
    return str(properties.get("issuer")), str(properties.get("subject"))


def _refused(request: ArmRequest, code: str, message: str, fix: str) -> ArmProblem:
    found = Finding(code="ST002", resource=request.id.path, message=message, fix=fix)
    return ArmProblem(400, code, message, finding=found)
