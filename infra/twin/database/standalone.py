"""The database alone, as an emulator: one account with a key, on one port."""

import asyncio
import base64
import json
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.twin.arm.store import write_atomically
from infra.twin.database import certificates
from infra.twin.database.access.keys import KeyDoor
from infra.twin.database.account import Account
from infra.twin.database.control import Control
from infra.twin.database.endpoint import Endpoint
from infra.twin.database.gateway import Gateway
from infra.twin.database.limits import Limits
from infra.twin.database.store import DocumentStore
from infra.twin.ports import Sockets

_KEY_BYTES = 64


@dataclass(frozen=True, kw_only=True)
class Standalone:
    """Say where the database is, and what its clients need."""

    endpoint: str
    key: str
    certificate: str

    def line(self) -> str:
        """Return what the command prints."""
        return json.dumps({"endpoint": self.endpoint, "key": self.key, "certificate": self.certificate})


@asynccontextmanager
async def running(state: Path, port: int = 0) -> AsyncIterator[Standalone]:
    """Serve the database of a folder; raise PortInUseError or CorruptedStateError before anything runs."""
    files = certificates.load(state)
    sockets = Sockets(state / "ports.json")
    bound = sockets.bind("database", port)
    sockets.remember()
    store = DocumentStore.open(state / "documents.sqlite")
    key = _key(state / "key")
    account = Account(name="standalone", store=store, door=KeyDoor(key, time.time), limits=Limits(time.time))
    endpoint = Endpoint(Gateway(account), routes=Control({"standalone": account}, key).routes())
    try:
        await endpoint.start(sockets.of("database"), files.context)
        yield Standalone(
            endpoint=f"https://localhost:{bound}/", key=key, certificate=str(files.authority.resolve())
        )
    finally:
        await endpoint.close()
        sockets.close()
        store.close()


async def serve(state: Path, port: int, stopping: asyncio.Event) -> None:
    """Run until told to stop; the first line of standard output says where and with which key."""
    async with running(state, port) as database:
        sys.stdout.write(database.line() + "\n")
        sys.stdout.flush()
        await stopping.wait()


def _key(path: Path) -> str:
    if not path.exists():
        write_atomically(path, base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
    return path.read_text(encoding="utf-8").strip()
