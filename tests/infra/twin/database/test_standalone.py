"""The database alone: what survives its end, whom its certificate names, and faults on demand."""

import socket
import ssl
from pathlib import Path

import aiohttp
import pytest
from azure.core.exceptions import ServiceRequestError
from azure.cosmos import PartitionKey, exceptions
from azure.cosmos.aio import CosmosClient, DatabaseProxy

from tests.database import DatabaseProcess, DatabaseServer, control, verification


async def test_everything_acknowledged_survives_two_kills(tmp_path: Path) -> None:
    ports = set()
    for round_ in range(3):
        process = DatabaseProcess(tmp_path)
        ports.add(process.server.endpoint)
        async with process.server.client() as client:
            database = await client.create_database_if_not_exists("kept")
            container = await database.create_container_if_not_exists("c", PartitionKey("/pk"))
            for n in range(20):
                await container.create_item({"id": f"{round_}-{n}", "pk": "p", "last": round_})
            found = [
                one async for one in container.query_items("SELECT VALUE c.id FROM c", partition_key="p")
            ]
            assert len(found) == 20 * (round_ + 1)
            if round_ == 2:
                token = (await container.read_item("0-0", "p"))["_etag"]
                assert token
        process.kill()
    assert len(ports) == 1


async def test_one_process_for_a_folder(tmp_path: Path) -> None:
    process = DatabaseProcess(tmp_path)
    with pytest.raises(RuntimeError, match="ended with 1"):
        DatabaseProcess(tmp_path)
    assert process.stop() == 0


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "documents.sqlite").write_text("not a database, but longer than a header would be" * 10)
    with pytest.raises(RuntimeError, match="ended with 1"):
        DatabaseProcess(tmp_path)


@pytest.mark.parametrize("name", ["localhost", "host.docker.internal", "127.0.0.1"])
def test_the_certificate_names_every_host(database_server: DatabaseServer, name: str) -> None:
    if database_server.certificate is None:
        pytest.skip("an emulator's certificate is its own")
    port = int(database_server.endpoint.rstrip("/").rpartition(":")[2])
    trusted = ssl.create_default_context(cafile=database_server.certificate)
    trusted.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        trusted.wrap_socket(plain, server_hostname=name) as secured,
    ):
        assert secured.version() in {"TLSv1.2", "TLSv1.3"}


async def test_a_client_that_trusts_another_authority_does_not_connect(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    other = DatabaseProcess(tmp_path)
    assert other.server.certificate is not None
    options = verification(other.server.certificate)
    with pytest.raises(ServiceRequestError, match="certificate"):
        async with CosmosClient(
            database_server.endpoint, database_server.key, retry_total=0, retry_connect=0, **options
        ):
            pass
    await options["transport"].close()
    other.stop()


async def test_discovery_echoes_the_host_that_was_asked(database_server: DatabaseServer) -> None:
    port = database_server.endpoint.rstrip("/").rpartition(":")[2]
    async with database_server.client() as client:
        account = await client._get_database_account()
        assert account.WritableLocations[0]["databaseAccountEndpoint"] == f"https://localhost:{port}/"
    trusted = ssl.create_default_context(cafile=database_server.certificate)
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted)) as http,
        http.get(database_server.endpoint, headers={"Host": "evil.example"}) as answer,
    ):
        assert answer.status == 421


async def test_the_sdk_waits_out_throttling_on_demand(tmp_path: Path) -> None:
    process = DatabaseProcess(tmp_path)
    async with process.server.database() as database:
        container = await database.create_container("c", PartitionKey("/pk"))
        status, _ = await control(
            process.server, "PUT", throttle=3, after_ms=1, operations=["upsert"], container="c"
        )
        assert status == 200
        await container.upsert_item({"id": "a", "pk": "p"})
        _, report = await control(process.server, "GET")
        counts = report["standalone"]
        assert counts["throttled"] == {"c": 3}
        assert counts["requests"]["upsert"] == 4
        (one,) = counts["containers"].values()
        assert one["documents"] == 1
        await control(process.server, "PUT", throttle=100, after_ms=1)
        with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
            await container.read_item("a", "p")
        assert (refused.value.status_code, refused.value.sub_status) == (429, 3200)
        assert refused.value.headers["x-ms-retry-after-ms"] == "1"
        await control(process.server, "DELETE")
        assert (await container.read_item("a", "p"))["id"] == "a"
    assert (await control(process.server, "GET", key="wrong"))[0] == 401
    assert (await control(process.server, "PUT", throttle=-1))[0] == 400
    process.stop()


async def test_a_container_over_its_throughput_is_throttled(
    database_server: DatabaseServer, cosmos_database: DatabaseProxy
) -> None:
    if database_server.certificate is None:
        pytest.skip("an emulator has no such limit")
    container = await cosmos_database.create_container("slow", PartitionKey("/pk"), offer_throughput=400)
    for _ in range(5):  # more than 400 RU each, and the SDK waits as it is told
        await container.upsert_item({"id": "a", "pk": "p", "data": "x" * 900_000})
    _, report = await control(database_server, "GET")
    assert report["standalone"]["throttled"]["slow"] > 0


async def test_a_wrong_key_is_told_what_was_signed(database_server: DatabaseServer) -> None:
    if database_server.certificate is None:
        pytest.skip("an emulator checks no key")
    options = verification(database_server.certificate)
    with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
        async with CosmosClient(database_server.endpoint, "d3Jvbmc=", **options):
            pass
    await options["transport"].close()
    assert refused.value.status_code == 401
    assert "Server used the following payload to sign" in str(refused.value)
