"""The database as ARM makes it: accounts, databases and containers come, change and go."""

from pathlib import Path
from typing import Any

import pytest
from azure.cosmos import exceptions

from infra.twin.config import TwinConfig
from tests.infra.twin.conftest import rehearsal
from tests.infra.twin.database.conftest import VERSION, CosmosTwin, attach, cosmos_account

ITEM = {"id": "a", "pk": "p"}


def items(client: Any, name: str = "items") -> Any:
    return client.get_database_client("agents").get_container_client(name)


async def test_a_container_is_there_from_put_to_delete(
    cosmos: CosmosTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    cosmos.role()
    async with cosmos.client(monkeypatch) as client:
        container = items(client)
        await container.create_item(ITEM)
        shown = await container.read()
        assert (shown["partitionKey"]["paths"], shown["defaultTtl"]) == (["/pk"], -1)
        path = f"{cosmos.account}/sqlDatabases/agents/containers/items"
        cosmos.twin.arm.delete(path, VERSION)
        with pytest.raises(exceptions.CosmosResourceNotFoundError):
            await container.read_item("a", "p")
        cosmos.container()
        with pytest.raises(exceptions.CosmosResourceNotFoundError):
            await container.read_item("a", "p")
        await container.create_item(ITEM)


def test_a_container_keeps_its_partition_key(cosmos: CosmosTwin) -> None:
    with pytest.raises(Exception, match="partition key cannot be changed"):
        cosmos.container(path="/other")


async def test_ttl_and_throughput_follow_the_resource(
    cosmos: CosmosTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    cosmos.role()
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    changed = {"resource": {"id": "items", "partitionKey": key, "defaultTtl": 7}}
    cosmos.put("sqlDatabases/agents/containers/items", changed | {"options": {"throughput": 700}})
    async with cosmos.client(monkeypatch) as client:
        assert (await items(client).read())["defaultTtl"] == 7
        assert (await items(client).get_throughput()).offer_throughput == 700


async def test_an_account_that_is_deleted_leaves_nothing(
    cosmos: CosmosTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    cosmos.role()
    async with cosmos.client(monkeypatch) as client:
        await items(client).create_item(ITEM)
    folder = Path(cosmos.twin.twin.config.state) / "databases" / "cosmosdev"
    assert (folder / "documents.sqlite").exists()
    cosmos.twin.arm.delete(cosmos.account, VERSION)
    assert not folder.exists()
    assert cosmos.twin.twin.platform.databases() == ()
    again = attach(cosmos.twin, cosmos_account(cosmos.twin), cosmos.identity)
    again.container()
    again.role()
    async with again.client(monkeypatch) as client:
        with pytest.raises(exceptions.CosmosResourceNotFoundError):
            await items(client).read_item("a", "p")


async def test_data_and_port_outlive_two_restarts(
    config: TwinConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoints = set()
    with rehearsal(config) as twin:
        twin.group()
        made = attach(twin, cosmos_account(twin), twin.identity())
        made.container()
        made.role()
        endpoints.add(made.endpoint)
        async with made.client(monkeypatch) as client:
            await items(client).create_item(ITEM)
    for _ in range(2):
        with rehearsal(config) as twin:
            account = twin.arm.get(made.account, VERSION)
            later = attach(twin, account, made.identity)
            endpoints.add(later.endpoint)
            async with later.client(monkeypatch) as client:
                assert (await items(client).read_item("a", "p"))["id"] == "a"
    assert len(endpoints) == 1


async def test_the_twin_counts_and_searches(cosmos: CosmosTwin, monkeypatch: pytest.MonkeyPatch) -> None:
    cosmos.role()
    async with cosmos.client(monkeypatch) as client:
        await items(client).create_item({**ITEM, "word": "gneiss"})
    (account,) = cosmos.twin.admin.search(["gneiss", "granite"])["accounts"]
    (container,) = account["containers"]
    assert container["found"] == {"gneiss": ["a"]}
    assert (container["documents"], container["partition_key"]) == (1, "/pk")
    assert cosmos.twin.admin.status()["databases"] == {"cosmosdev": cosmos.endpoint}


def test_two_accounts_have_two_ports(cosmos: CosmosTwin) -> None:
    other = cosmos_account(cosmos.twin, "cosmosother")
    assert other["properties"]["documentEndpoint"] != cosmos.endpoint
    assert len(cosmos.twin.twin.platform.databases()) == 2
