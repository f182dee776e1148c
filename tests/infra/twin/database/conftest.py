"""A Cosmos account in a twin, made by ARM as the program makes it, and clients with real credentials."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.cosmos import CosmosClient as SyncClient
from azure.cosmos import PartitionKey, SSLConfiguration
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy
from azure.identity.aio import ManagedIdentityCredential

from tests.database import cosmos_database, database_clock, database_server, verification

REGION = "westeurope"
VERSION = "2025-10-15"
READER = "00000000-0000-0000-0000-000000000001"
CONTRIBUTOR = "00000000-0000-0000-0000-000000000002"


@dataclass
class CosmosTwin:
    """Hold a twin with a Cosmos account, and an identity to reach it with."""

    twin: Any
    account: str
    endpoint: str
    identity: dict[str, Any]
    certificate: str

    @property
    def principal(self) -> str:
        return str(self.identity["properties"]["principalId"])

    def put(self, below: str, properties: dict[str, Any]) -> dict[str, Any]:
        return dict(self.twin.arm.put(f"{self.account}/{below}", {"properties": properties}, VERSION))

    def container(self, name: str = "items", path: str = "/pk", **more: Any) -> dict[str, Any]:
        self.put("sqlDatabases/agents", {"resource": {"id": "agents"}})
        key = {"paths": [path], "kind": "Hash", "version": 2}
        resource = {"id": name, "partitionKey": key, "defaultTtl": -1}
        return self.put(f"sqlDatabases/agents/containers/{name}", {"resource": resource, **more})

    def role(self, definition: str = CONTRIBUTOR, scope: str = "", name: str = "a" * 8) -> str:
        path = f"sqlRoleAssignments/{name}-0000-4000-8000-000000000000"
        properties = {
            "principalId": self.principal,
            "roleDefinitionId": f"{self.account}/sqlRoleDefinitions/{definition}",
            "scope": self.account + scope,
        }
        self.put(path, properties)
        return f"{self.account}/{path}"

    @asynccontextmanager
    async def client(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CosmosClient]:
        """Yield an aio client with the identity's tokens, as a replica gets them."""
        grant = self.twin.twin.identities.grant([self.identity["id"]])
        for variable, value in grant.environment().items():
            monkeypatch.setenv(variable, value)
        client_id = self.identity["properties"]["clientId"]
        options = verification(self.certificate)
        try:
            async with (
                ManagedIdentityCredential(client_id=client_id) as credential,
                CosmosClient(self.endpoint, credential, **options) as client,
            ):
                yield client
        finally:  # a client that is refused at the door leaves its session open
            await options["transport"].close()

    @contextmanager
    def sync_client(self, credential: Any) -> Iterator[SyncClient]:
        """Yield a sync client; the transport is closed for a client that is refused at the door, too."""
        trusted, transport = SSLConfiguration(), RequestsTransport()
        trusted.SSLCaCerts = self.certificate
        try:
            yield SyncClient(self.endpoint, credential, ssl_config=trusted, transport=transport)
        finally:
            transport.close()


def cosmos_account(twin: Any, name: str = "cosmosdev", **properties: Any) -> dict[str, Any]:
    """Create an account as the program does."""
    body = {
        "location": REGION,
        "kind": "GlobalDocumentDB",
        "properties": {
            "databaseAccountOfferType": "Standard",
            "locations": [{"locationName": REGION, "failoverPriority": 0}],
            "disableLocalAuth": True,
            **properties,
        },
    }
    group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
    path = f"{group}/providers/Microsoft.DocumentDB/databaseAccounts/{name}"
    return dict(twin.arm.put(path, body, VERSION))


def attach(twin: Any, account: dict[str, Any], identity: dict[str, Any]) -> CosmosTwin:
    """Return the account of a running twin with what its clients need."""
    return CosmosTwin(
        twin=twin,
        account=account["id"],
        endpoint=account["properties"]["documentEndpoint"],
        identity=identity,
        certificate=str(twin.twin.platform.authority_file),
    )


@pytest.fixture
def cosmos(twin: Any) -> CosmosTwin:
    """Return an account with database `agents` and container `items`, and no role for anybody."""
    made = attach(twin, cosmos_account(twin), twin.identity())
    made.container()
    return made


@pytest.fixture
async def items(cosmos_database: DatabaseProxy) -> ContainerProxy:
    """Return a container of the standalone database, partitioned by /pk, in which items may expire."""
    return await cosmos_database.create_container("items", PartitionKey("/pk"), default_ttl=-1)


__all__ = ["CosmosTwin", "cosmos_database", "database_clock", "database_server"]
