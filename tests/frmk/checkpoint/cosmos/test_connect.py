"""Opening a database: certificates are checked, nothing is created, everything is accounted for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from azure.cosmos.aio import ContainerProxy, DatabaseProxy

from tests.database import DatabaseServer

ROOT = Path(__file__).parents[4]
# Each test starts Python with the SDK and LangGraph, some of them twice.
pytestmark = pytest.mark.timeout(240)
CODE = """
import asyncio, sys
from frmk.checkpoint.cosmos import CHECKPOINTS, CosmosSaver, Meter, open_database

async def main(endpoint, key, name):
    other, own = Meter(), Meter()
    async with open_database(endpoint, key, database=name, on_charge=other) as database:
        saver = CosmosSaver(database.get_container_client(CHECKPOINTS.name), on_charge=own)
        config = {"configurable": {"thread_id": "t"}}
        assert await saver.aget_tuple(config) is None
        async for _ in database.list_containers():
            pass
    print(own.total > 0, other.total > 0)

asyncio.run(main(*sys.argv[1:]))
"""


def opened(server: DatabaseServer, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {key: value for key, value in os.environ.items() if key != "SSL_CERT_FILE"}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE, server.endpoint, server.key, name],
        cwd=ROOT,
        env=known | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.fixture
def certificate(database_server: DatabaseServer) -> str:
    if database_server.certificate is None:
        pytest.skip("the emulator's certificate is not known: its clients do not check it")
    return database_server.certificate


def test_the_certificate_is_checked_on_localhost_too(
    database_server: DatabaseServer,
    cosmos_database: DatabaseProxy,
    container: ContainerProxy,
    certificate: str,
) -> None:
    trusted = opened(database_server, cosmos_database.id, SSL_CERT_FILE=certificate)
    assert trusted.stdout.split() == ["True", "True"], trusted.stderr
    refused = opened(database_server, cosmos_database.id)
    assert refused.returncode != 0
    assert "CERTIFICATE_VERIFY_FAILED" in refused.stderr


def test_a_database_that_is_not_there_is_not_created(
    database_server: DatabaseServer, certificate: str
) -> None:
    done = opened(database_server, "absent", SSL_CERT_FILE=certificate)
    assert done.returncode != 0
    assert "NotFound" in done.stderr or "404" in done.stderr
