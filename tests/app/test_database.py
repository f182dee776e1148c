"""The app's database: looked over before anything is served, counted while it is used."""

import base64
import socket
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

import httpx
import pytest
from aiohttp import web
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy
from azure.cosmos.exceptions import CosmosHttpResponseError
from azure.identity.aio import ManagedIdentityCredential
from prometheus_client import generate_latest

from app.database.charges import Charges, Spent
from app.database.identity import azure_credential
from app.database.inspection import inspect
from app.database.refusals import DatabaseRefusedError, Place, explained
from app.health import storage
from app.health.storage import store_check
from app.metrics.registry import Metrics
from frmk.checkpoint.cosmos.charges import Charge, hook
from frmk.checkpoint.cosmos.containers import CHECKPOINTS
from frmk.errors import StoreError
from frmk.runs.memory import MemoryStore
from tests.database import cosmos_database, database_server

__all__ = ["cosmos_database", "database_server"]  # fixtures
PLACE = Place(endpoint="https://db.test/", database="agents", container="checkpoints", client_id="client-1")


async def refused(container: ContainerProxy, *, expiring: bool = False) -> DatabaseRefusedError:
    with pytest.raises(DatabaseRefusedError) as caught:
        await inspect(container, CHECKPOINTS, PLACE, expiring=expiring)
    assert "\n" not in str(caught.value)
    assert "container 'checkpoints' of database 'agents' at COSMOS_ENDPOINT=https://db.test/" in str(
        caught.value
    )
    return caught.value


async def items(container: ContainerProxy) -> list[Any]:
    return [item async for item in container.read_all_items()]


async def test_a_container_as_the_code_expects_it_is_accepted_and_left_as_it_was(
    cosmos_database: DatabaseProxy,
) -> None:
    container = await cosmos_database.create_container("good", PartitionKey("/pk"), default_ttl=-1)

    await inspect(container, CHECKPOINTS, PLACE, expiring=True)

    assert await items(container) == []


async def test_another_partition_key_is_refused_with_both(cosmos_database: DatabaseProxy) -> None:
    container = await cosmos_database.create_container("odd", PartitionKey("/thread_id"))

    error = await refused(container)

    assert error.code == "CosmosPartitionKey"
    assert "has the partition key '/thread_id', this app needs '/pk'" in str(error)


async def test_a_container_that_is_not_there_is_named(cosmos_database: DatabaseProxy) -> None:
    error = await refused(cosmos_database.get_container_client("nowhere"))

    assert error.code == "CosmosContainerMissing"
    assert "404" in str(error)


def test_a_closed_account_is_told_apart_from_a_missing_role() -> None:
    said = (
        "Request originated from IP 203.0.113.9 through public internet. This is blocked by your Cosmos DB "
        "account firewall settings."
    )
    for message, code in ((said, "CosmosClosed"), ("does not have RBAC permissions", "CosmosRoleMissing")):
        with pytest.raises(DatabaseRefusedError) as caught, explained(PLACE):
            raise CosmosHttpResponseError(status_code=403, message=message)

        assert caught.value.code == code


async def test_time_to_live_must_be_on_only_where_something_is_to_expire(
    cosmos_database: DatabaseProxy,
) -> None:
    container = await cosmos_database.create_container("for_ever", PartitionKey("/pk"))

    await inspect(container, CHECKPOINTS, PLACE, expiring=False)

    assert (await refused(container, expiring=True)).code == "CosmosTimeToLive"


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


async def test_a_database_that_does_not_answer_is_told_from_one_that_refuses(silent: str) -> None:
    client = CosmosClient(f"https://{silent}/", base64.b64encode(b"key").decode())
    try:
        error = await refused(client.get_database_client("agents").get_container_client("checkpoints"))
    finally:
        await client.close()

    assert error.code == "CosmosUnreachable"
    assert "SSL_CERT_FILE" in str(error)


@pytest.fixture
async def unassigned() -> AsyncIterator[str]:
    """An identity endpoint that knows no such identity, in the platform's words."""

    async def answer(_: web.Request) -> web.Response:
        message = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId."
        return web.json_response({"statusCode": 400, "message": message}, status=400)

    app = web.Application()
    app.add_routes([web.get("/msi/token", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/msi/token"
    await runner.cleanup()


async def test_an_identity_without_tokens_is_named(
    silent: str, unassigned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", unassigned)
    monkeypatch.setenv("IDENTITY_HEADER", "secret-header")
    credential = azure_credential("client-1")
    client = CosmosClient(f"https://{silent}/", credential)
    try:
        error = await refused(client.get_database_client("agents").get_container_client("checkpoints"))
    finally:
        await client.close()
        await credential.close()

    assert isinstance(credential, ManagedIdentityCredential)
    assert error.code == "CosmosNoToken"
    assert "AZURE_CLIENT_ID=client-1" in str(error)
    assert "secret-header" not in str(error)


async def test_what_the_database_charges_is_shown_and_said_to_be_modelled(
    cosmos_database: DatabaseProxy,
) -> None:
    container = await cosmos_database.create_container("costs", PartitionKey("/pk"))
    charges, metrics = Charges("https://localhost:8081/"), Metrics()
    await container.upsert_item({"id": "1", "pk": "t"}, raw_response_hook=hook(charges, "put", "t"))

    with metrics.showing(charges):
        text = generate_latest(metrics.registry).decode()

    assert 'seatrial_cosmos_requests_total{operation="put",source="modelled",status="201"} 1.0' in text
    (line,) = [line for line in text.splitlines() if line.startswith("seatrial_cosmos_request_units_total{")]
    assert float(line.rpartition(" ")[2]) > 0
    assert "seatrial_cosmos" not in generate_latest(metrics.registry).decode()


@pytest.mark.parametrize(
    ("endpoint", "modelled"),
    [
        ("https://cosmos-a.documents.azure.com:443/", False),
        ("https://localhost:8081/", True),
        ("https://documents.azure.com.evil.test/", True),
    ],
)
def test_only_azures_own_figures_are_not_called_modelled(endpoint: str, modelled: bool) -> None:  # noqa: FBT001
    assert Charges(endpoint).modelled is modelled


def test_a_threads_cost_is_taken_once_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.database.charges.MOST_THREADS", 2)
    charges = Charges("https://localhost/")
    for thread in ("a", "b", "b", "c"):
        charges(Charge("put", thread, 5.0, 201))

    assert charges.take("b") == Spent(2, 10.0)
    assert charges.take("b") == Spent()
    assert charges.take("a") == Spent()  # the oldest gave way


class CountedStore(MemoryStore):
    """Count how often it is asked, and break on demand."""

    asked = 0
    broken = False

    async def check(self) -> None:
        self.asked += 1
        if self.broken:
            raise StoreError("it is gone", store="memory")


async def test_a_store_that_answered_is_believed_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    store, now = CountedStore(), monotonic()
    monkeypatch.setattr(storage, "monotonic", lambda: now)
    check = store_check(store, believed=30, where=", database 'agents'")

    assert {await check(), await check()} == {"memory, database 'agents'"}
    assert store.asked == 1
    now += 31
    store.broken = True
    for _ in range(2):
        with pytest.raises(StoreError):
            await check()
    assert store.asked == 3


async def test_readiness_names_the_store(client: httpx.AsyncClient, backend: Any) -> None:
    checks = (await client.get("/health/ready")).json()["checks"]

    assert checks["store"] == {"status": "healthy", "detail": "memory", "seconds": checks["store"]["seconds"]}
