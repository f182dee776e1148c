"""`seatrial import-threads` as a process, against the twin's database, TLS verified."""

import asyncio
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos import PartitionKey

from tests.database import DatabaseProcess, DatabaseServer
from tests.scripts.conftest import Said

ROOT = Path(__file__).parents[2]
OFFICIAL = ROOT / "tests" / "frmk" / "checkpoint" / "cosmos" / "official" / "recorded.json"
CHECKPOINTS, WRITES = 23, 40


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseServer]:
    process = DatabaseProcess(tmp_path_factory.mktemp("database"))
    yield process.server
    process.stop()


@pytest.fixture
def database(server: DatabaseServer) -> str:
    """Give a database with the recorded threads in `old` and an empty container `new`."""
    name = f"import-{uuid.uuid4().hex[:8]}"

    async def fill() -> None:
        async with server.client() as client:
            made = await client.create_database(name)
            old = await made.create_container("old", PartitionKey("/partition_key"))
            await made.create_container("new", PartitionKey("/pk"))
            for document in json.loads(OFFICIAL.read_text())["documents"]:
                await old.create_item(document)

    asyncio.run(fill())
    return name


@pytest.fixture
def run(server: DatabaseServer) -> Callable[..., subprocess.CompletedProcess[str]]:
    environment = {
        **os.environ,
        "SSL_CERT_FILE": str(server.certificate),
        "SEATRIAL_FROM_KEY": server.key,
        "SEATRIAL_TO_KEY": server.key,
    }

    def command(*words: str, **changed: str) -> subprocess.CompletedProcess[str]:
        code = "from scripts.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, "import-threads", *words],
            cwd=ROOT,
            env=environment | changed,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return command


def ends(server: DatabaseServer, database: str) -> list[str]:
    base = f"{server.endpoint.rstrip('/')}/{database}"
    return ["--from", f"{base}/old", "--to", f"{base}/new"]


def totals(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return dict(json.loads(done.stdout)["totals"])


@pytest.mark.long
def test_dry_run_then_import_then_nothing_left_to_do(
    server: DatabaseServer, database: str, run: Callable[..., Any]
) -> None:
    dry = run(*ends(server, database), "--dry-run", "--json")
    assert dry.returncode == 0, dry.stderr
    real = run(*ends(server, database), "--json")
    assert real.returncode == 0, real.stderr
    expected = {
        "threads": 5,
        "failed": 0,
        "checkpoints": CHECKPOINTS,
        "checkpoints_imported": CHECKPOINTS,
        "writes": WRITES,
        "writes_imported": WRITES,
        "writes_without_checkpoint": 0,
    }
    assert totals(dry) == totals(real) == expected
    assert "chat:1: imported 8 of 8 checkpoints" in real.stderr
    assert json.loads(real.stdout)["to"].endswith(f"/{database}/new")
    again = run(*ends(server, database))
    assert again.returncode == 0, again.stderr
    assert "0 of 23" in again.stdout


def test_named_threads_and_one_that_is_not_there(
    server: DatabaseServer, database: str, run: Callable[..., Any]
) -> None:
    done = run(*ends(server, database), "--thread", "nested", "--thread", "nobody", "--json")
    assert done.returncode == 1
    assert {thread["thread_id"] for thread in json.loads(done.stdout)["threads"]} == {"nested", "nobody"}
    assert "1 of 2 threads failed: 'nobody'" in done.stderr


def test_a_container_that_is_not_there_is_said_in_a_sentence(
    server: DatabaseServer, database: str, run: Callable[..., Any]
) -> None:
    words = ends(server, database)
    words[1] = words[1].replace("/old", "/absent")
    done = run(*words)
    assert done.returncode == 1
    assert "the database refused" in done.stderr
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr


def test_a_wrong_key_is_said_in_a_sentence(
    server: DatabaseServer, database: str, run: Callable[..., Any]
) -> None:
    done = run(*ends(server, database), SEATRIAL_TO_KEY="d3Jvbmc=")
    assert done.returncode == 1
    assert "the database refused" in done.stderr
    assert "SEATRIAL_TO_KEY" in done.stderr


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("https://a.documents.azure.com/agents", "https://b.documents.azure.com/agents/new"),
        ("http://a.documents.azure.com/agents/old", "https://b.documents.azure.com/agents/new"),
        ("https://a.documents.azure.com/agents/x", "https://a.documents.azure.com/agents/x"),
    ],
)
def test_addresses_that_cannot_be_are_refused(
    seatrial: Callable[..., Said], source: str, target: str
) -> None:
    said = seatrial("import-threads", "--from", source, "--to", target)
    assert said.code == 2
    assert "seatrial: --from" in said.err
