"""Who may do what in the twin: tokens of managed identities, data roles, and what stays ARM's."""

import jwt
import pytest
from azure.core.credentials import AccessToken
from azure.cosmos import PartitionKey
from azure.cosmos.exceptions import CosmosHttpResponseError

from infra.twin.identity.tokens import Principal
from tests.infra.twin.database.conftest import CONTRIBUTOR, READER, CosmosTwin, cosmos_account

ITEM = {"id": "a", "pk": "p", "n": 1}


class Given:
    """Hand out one token, whoever asks."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        return AccessToken(self.token, 4_102_444_800)


async def test_a_contributor_reads_and_writes(cosmos: CosmosTwin, monkeypatch: pytest.MonkeyPatch) -> None:
    cosmos.role(CONTRIBUTOR)
    async with cosmos.client(monkeypatch) as client:
        container = client.get_database_client("agents").get_container_client("items")
        await container.create_item(ITEM)
        assert (await container.read_item("a", "p"))["n"] == 1
        batch = [("upsert", ({**ITEM, "n": 2},)), ("read", ("a",))]
        assert len(await container.execute_item_batch(batch, "p")) == 2
        found = container.query_items("SELECT VALUE c.n FROM c", partition_key="p")
        assert [one async for one in found] == [2]
        await container.delete_all_items_by_partition_key("p")
        with pytest.raises(CosmosHttpResponseError) as refused:
            await container.read_item("a", "p")
        assert refused.value.status_code == 404


async def test_without_a_role_the_account_says_who_lacks_what(
    cosmos: CosmosTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CosmosHttpResponseError) as refused:
        async with cosmos.client(monkeypatch):
            pass
    assert (refused.value.status_code, refused.value.sub_status) == (403, 5301)
    assert f"principal [{cosmos.principal}] does not have required RBAC permissions" in str(refused.value)
    assert "databaseAccounts/readMetadata] on resource [/]" in str(refused.value)
    found = [one for one in cosmos.twin.admin.status()["findings"] if one["code"] == "ST025"]
    assert found[0]["resource"] == cosmos.account


async def test_a_role_given_later_settles_the_finding(
    cosmos: CosmosTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CosmosHttpResponseError):
        async with cosmos.client(monkeypatch):
            pass
    cosmos.role()
    codes = [one["code"] for one in cosmos.twin.admin.status()["findings"]]
    assert "ST025" not in codes


async def test_a_reader_reads_and_writes_nothing(cosmos: CosmosTwin, monkeypatch: pytest.MonkeyPatch) -> None:
    cosmos.role(READER)
    async with cosmos.client(monkeypatch) as client:
        container = client.get_database_client("agents").get_container_client("items")
        assert [one async for one in container.query_items("SELECT * FROM c", partition_key="p")] == []
        for write in (
            container.create_item(ITEM),
            container.upsert_item(ITEM),
            container.delete_item("a", "p"),
            container.execute_item_batch([("create", (ITEM,))], "p"),
            container.delete_all_items_by_partition_key("p"),
        ):
            with pytest.raises(CosmosHttpResponseError) as refused:
                await write
            assert refused.value.status_code == 403


@pytest.mark.parametrize("scope", ["/dbs/agents", "/dbs/agents/colls/items"])
async def test_a_narrow_role_ends_at_its_scope(
    cosmos: CosmosTwin, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    cosmos.put("sqlDatabases/others", {"resource": {"id": "others"}})
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    cosmos.put("sqlDatabases/others/containers/items", {"resource": {"id": "items", "partitionKey": key}})
    cosmos.role(CONTRIBUTOR, scope)
    async with cosmos.client(monkeypatch) as client:
        inside = client.get_database_client("agents").get_container_client("items")
        await inside.create_item(ITEM)
        outside = client.get_database_client("others").get_container_client("items")
        with pytest.raises(CosmosHttpResponseError) as refused:
            await outside.upsert_item(ITEM)
        assert refused.value.status_code == 403
        assert "on resource [dbs/others/colls/items]" in str(refused.value)


async def test_a_role_taken_away_ends_at_once(cosmos: CosmosTwin, monkeypatch: pytest.MonkeyPatch) -> None:
    assignment = cosmos.role()
    async with cosmos.client(monkeypatch) as client:
        container = client.get_database_client("agents").get_container_client("items")
        await container.upsert_item(ITEM)
        cosmos.twin.arm.delete(assignment, "2025-10-15")
        with pytest.raises(CosmosHttpResponseError) as refused:
            await container.upsert_item(ITEM)
        assert refused.value.status_code == 403


async def test_tokens_create_neither_databases_nor_containers(
    cosmos: CosmosTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    cosmos.role()
    async with cosmos.client(monkeypatch) as client:
        database = client.get_database_client("agents")
        for create in (
            client.create_database("new"),
            database.create_container("new", PartitionKey("/pk")),
            database.delete_container("items"),
        ):
            with pytest.raises(CosmosHttpResponseError) as refused:
                await create
            assert (refused.value.status_code, refused.value.sub_status) == (403, 5300)
            assert "cannot be authorized by AAD token in data plane" in str(refused.value)


def test_a_token_for_another_service_is_refused(cosmos: CosmosTwin) -> None:
    cosmos.role()
    principal = Principal(object_id=cosmos.principal, client_id="c")
    token, _ = cosmos.twin.twin.identities.directory.issue(principal, "https://vault.azure.net")
    with pytest.raises(CosmosHttpResponseError) as refused, cosmos.sync_client(Given(token)):
        pass
    assert (refused.value.status_code, refused.value.sub_status) == (401, 5008)
    assert "is intended for [https://vault.azure.net]" in str(refused.value)


def test_an_expired_token_is_refused(cosmos: CosmosTwin) -> None:
    cosmos.role()
    directory = cosmos.twin.twin.identities.directory
    token, _ = directory.sign({"oid": cosmos.principal, "aud": "https://localhost"}, lifetime=-60)
    with pytest.raises(CosmosHttpResponseError) as refused, cosmos.sync_client(Given(token)):
        pass
    assert refused.value.status_code == 401
    assert "Provided AAD token has been expired since" in str(refused.value)


def test_a_forged_token_is_refused(cosmos: CosmosTwin) -> None:
    cosmos.role()
    claims = {"oid": cosmos.principal, "aud": "https://localhost", "exp": 4_102_444_800}
    token = jwt.encode(claims, "x" * 32, algorithm="HS256")
    with pytest.raises(CosmosHttpResponseError) as refused, cosmos.sync_client(Given(token)):
        pass
    assert refused.value.status_code == 401


def test_an_account_without_local_auth_knows_no_key(cosmos: CosmosTwin) -> None:
    with pytest.raises(CosmosHttpResponseError) as refused, cosmos.sync_client("a2V5"):
        pass
    assert (refused.value.status_code, refused.value.sub_status) == (401, 5202)
    assert "Local Authorization is disabled" in str(refused.value)


def test_an_account_with_local_auth_takes_its_key_for_data_alone(cosmos: CosmosTwin) -> None:
    cosmos_account(cosmos.twin, disableLocalAuth=False)
    databases = cosmos.twin.twin.platform.databases.__self__
    door = databases.accounts()["cosmosdev"].door
    with cosmos.sync_client(door.key.key) as client:
        container = client.get_database_client("agents").get_container_client("items")
        container.create_item(ITEM)
        with pytest.raises(CosmosHttpResponseError) as refused:
            client.create_database("new")
    assert refused.value.status_code == 403
    with pytest.raises(CosmosHttpResponseError) as wrong, cosmos.sync_client("d3Jvbmc="):
        pass
    assert wrong.value.status_code == 401


def test_a_role_of_another_account_or_kind_is_refused_by_arm(cosmos: CosmosTwin) -> None:
    with pytest.raises(Exception, match="was not found in this database account"):
        cosmos.role("12345678-0000-0000-0000-000000000000")
    path = "sqlRoleAssignments/bbbbbbbb-0000-4000-8000-000000000000"
    properties = {
        "principalId": cosmos.principal,
        "roleDefinitionId": f"{cosmos.account}/sqlRoleDefinitions/{CONTRIBUTOR}",
        "scope": f"{cosmos.account}/tables/agents",
    }
    with pytest.raises(Exception, match="is not the database account"):
        cosmos.put(path, properties)
