"""The twin's database in tests: the standalone command as a child process, fresh databases in it."""

import asyncio
import json
import os
import ssl
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import CosmosClient, DatabaseProxy

# A machine that does other work too is slow to answer; what is broken says so at once.
PATIENCE_SECONDS = 60
ROOT = Path(__file__).parents[1]
EMULATOR_KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="


class VerifyingTransport(AioHttpTransport):
    """Check certificates on localhost too, where azure-cosmos turns that off."""

    async def send(self, request: Any, **options: Any) -> Any:
        return await super().send(request, **(options | {"connection_verify": True}))


def verification(certificate: str) -> dict[str, Any]:
    """Return the options with which azure-cosmos aio verifies TLS on localhost and keeps its connections."""
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=certificate))
    session = aiohttp.ClientSession(connector=connector)
    return {"transport": VerifyingTransport(session=session, session_owner=True)}


@dataclass(frozen=True)
class DatabaseServer:
    """Hold where a database answers; `certificate` is the CA's file, or None for an emulator's own."""

    endpoint: str
    key: str
    certificate: str | None

    def client(self, credential: Any = None, **options: Any) -> CosmosClient:
        """Return an aio client (to be opened in a running loop) with the key, or another credential."""
        own = self.certificate if "transport" not in options else None
        verified = verification(own) if own else {"connection_verify": False}
        patient = {"connection_timeout": PATIENCE_SECONDS, "read_timeout": PATIENCE_SECONDS}
        return CosmosClient(self.endpoint, credential or self.key, **{**patient, **verified, **options})

    @asynccontextmanager
    async def database(self, **options: Any) -> AsyncIterator[DatabaseProxy]:
        """Yield a database with a name of its own, removed at the end."""
        async with self.client(**options) as client:
            name = f"test-{uuid.uuid4()}"
            yield await client.create_database(name)
            await client.delete_database(name)


def third_party() -> DatabaseServer:
    """Return the emulator that SEATRIAL_COSMOS_EMULATOR names."""
    return DatabaseServer(os.environ["SEATRIAL_COSMOS_EMULATOR"], EMULATOR_KEY, None)


async def control(
    server: DatabaseServer, method: str, key: str | None = None, **body: Any
) -> tuple[int, Any]:
    """Ask the twin's database what it counted, or set its faults; return the status and the answer."""
    trusted = ssl.create_default_context(cafile=server.certificate)
    headers = {"Authorization": f"Bearer {server.key if key is None else key}"}
    url = f"{server.endpoint}_twin/database"
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted)) as http,
        http.request(method, url, headers=headers, json=body) as answer,
    ):
        return answer.status, await answer.json(content_type=None) if answer.status == 200 else None


@dataclass
class DatabaseClock:
    """Let time pass in a database: the twin's clock is put forward, an emulator is waited for."""

    server: DatabaseServer
    brief: int = field(init=False)
    """A lifetime (seconds) in which the steps of a test have time enough."""
    _forward: float = 0

    def __post_init__(self) -> None:
        self.brief = 120 if self.server.certificate else 3

    async def pass_by(self, seconds: float) -> None:
        if not self.server.certificate:
            await asyncio.sleep(seconds)
            return
        self._forward += seconds
        status, _ = await control(self.server, "PUT", clock_offset_seconds=self._forward)
        assert status == 200


class DatabaseProcess:
    """Run the standalone command; `kill` ends it as a crash would."""

    def __init__(self, state: Path, port: int = 0) -> None:
        command = [sys.executable, "-m", "infra.twin.database", "--state", str(state), "--port", str(port)]
        command += ["--owner", str(os.getpid())]
        log = state / "standalone.log"
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(command)} ended with {self._end()}: {log.read_text()}")
        self.server = DatabaseServer(**json.loads(line))

    def kill(self) -> None:
        self._process.kill()
        self._end()

    def stop(self) -> int:
        self._process.terminate()
        return self._end()

    def _end(self) -> int:
        code = self._process.wait(PATIENCE_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


@pytest.fixture(scope="session")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseServer]:
    """Yield the twin's database, one process for a test worker.

    With SEATRIAL_TESTED_DATABASE=emulator the same tests run on the emulator of SEATRIAL_COSMOS_EMULATOR.
    """
    if os.environ.get("SEATRIAL_TESTED_DATABASE") == "emulator":
        yield third_party()
        return
    process = DatabaseProcess(tmp_path_factory.mktemp("database"))
    yield process.server
    process.stop()


@pytest.fixture
async def cosmos_database(database_server: DatabaseServer) -> AsyncIterator[DatabaseProxy]:
    """Yield an aio proxy of a fresh database, opened with the key, TLS verified."""
    async with database_server.database() as database:
        yield database


@pytest.fixture
async def database_clock(database_server: DatabaseServer) -> AsyncIterator[DatabaseClock]:
    """Yield the clock of the database, right again after the test."""
    yield DatabaseClock(database_server)
    if database_server.certificate:
        await control(database_server, "DELETE")
