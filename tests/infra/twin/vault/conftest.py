"""A vault in a twin, made by ARM as the program makes it, and callers with tokens of its directory."""

import ssl
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.infra.twin.conftest import GROUP, REGION, TENANT, Rehearsal

VERSION = "2024-11-01"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
AUDIENCE = "https://vault.azure.net"


@dataclass
class VaultTwin:
    """Hold a twin with a vault, and an identity without roles."""

    twin: Rehearsal
    vault: dict[str, Any]
    identity: dict[str, Any]
    _roles: int = field(default=0)

    @property
    def address(self) -> str:
        return str(self.vault["properties"]["vaultUri"]).rstrip("/")

    @property
    def id(self) -> str:
        return str(self.vault["id"])

    @property
    def certificate(self) -> str:
        return str(self.twin.twin.platform.authority_file)

    def role(self, role: str, scope: str = "") -> str:
        self._roles += 1
        principal = self.identity["properties"]["principalId"]
        return str(self.twin.role(scope or self.id, principal, role, f"{self._roles:08d}")["id"])

    def token(self, audience: str = AUDIENCE) -> str:
        found = self.twin.twin.identities.principal(self.identity["id"])
        assert found is not None
        return self.twin.twin.identities.directory.issue(found, audience)[0]

    def operator_token(self) -> str:
        identities = self.twin.twin.identities
        return identities.directory.issue(identities.operator, AUDIENCE)[0]

    def ask(self, method: str, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        context = ssl.create_default_context(cafile=self.certificate)
        given = self.token() if token is None else token
        headers = {"Authorization": f"Bearer {given}"} if given else {}
        with httpx.Client(verify=context, trust_env=False, timeout=30) as client:
            return client.request(
                method, f"{self.address}{path}", params={"api-version": "7.4"}, headers=headers, **options
            )


def make_vault(twin: Rehearsal, name: str = "kv-dev", **more: Any) -> dict[str, Any]:
    path = f"{GROUP}/providers/Microsoft.KeyVault/vaults/{name}"
    properties = {
        "tenantId": TENANT,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True,
        "enablePurgeProtection": True,
        **more,
    }
    return twin.arm.put(path, {"location": REGION, "properties": properties}, VERSION)


@pytest.fixture
def vault(twin: Rehearsal) -> VaultTwin:
    return VaultTwin(twin, make_vault(twin), twin.identity())
