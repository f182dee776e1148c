"""The OCI registry behind the twin's front: Distribution as a child, on a port of its own.

It is Debian's `docker-registry`, or the image `registry:2` in a container where there is Docker.
"""

import asyncio
import json
import logging
import os
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from infra.twin.arm.store import write_atomically
from infra.twin.identity.keys import SigningKey
from infra.twin.models.backend import stop_process
from infra.twin.ports import free_port
from infra.twin.registry.access import ISSUER
from infra.twin.registry.storage import content
from infra.twin.runtime.labels import STATE_LABEL, state_label

_log = logging.getLogger(__name__)
_START_SECONDS = 20.0
_PULL_SECONDS = 120.0
_STOP_SECONDS = 5.0


class RegistryUnavailableError(Exception):
    """Say why there is no registry to talk to."""


@dataclass
class Distribution:
    """Run `docker-registry` with its data in the twin's state."""

    binary: str | None
    folder: Path
    key: SigningKey
    login_server: str
    _port: int = 0
    _process: asyncio.subprocess.Process | None = None
    _starting: "asyncio.Task[None] | None" = None
    _failure: str | None = None
    _ready: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def rehearsed(self) -> bool:
        """Say whether there is a registry at all."""
        return self.binary is not None

    @property
    def _contained(self) -> bool:
        return self.binary is not None and ":" in self.binary

    def start(self) -> None:
        """Begin; return at once."""
        if self.binary is None:
            self._fail("no image registry is rehearsed in process mode")
        elif shutil.which("docker" if self._contained else self.binary) is None:
            self._fail(
                f"there is no program to run {self.binary!r} with; install the package docker-registry"
            )
        else:
            self._starting = asyncio.create_task(self._launch(self.binary))

    async def address(self) -> str:
        """Return the registry's own base URL; raise RegistryUnavailableError."""
        await self._ready.wait()
        if self._failure is not None:
            raise RegistryUnavailableError(self._failure)
        return f"http://127.0.0.1:{self._port}"

    async def close(self) -> None:
        """Stop the child."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        if self._process is not None:
            await stop_process(self._process, _STOP_SECONDS)

    def _fail(self, reason: str) -> None:
        self._failure = reason
        self._ready.set()

    async def _launch(self, binary: str) -> None:
        try:
            await self._spawn(binary)
            await self._until_it_listens()
        except OSError as error:
            self._fail(f"the registry could not start: {error}")
        except RegistryUnavailableError as error:
            self._fail(str(error))
        self._ready.set()

    async def _spawn(self, binary: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        certificate = self.folder / "root.pem"
        certificate.write_bytes(self.key.certificate())
        self._port = free_port()
        settings = self.folder / "config.json"
        write_atomically(settings, json.dumps(self._settings(certificate)))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
        with (self.folder / "registry.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command(binary, settings),
                stdout=log,
                stderr=log,
                env=environment | {"OTEL_TRACES_EXPORTER": "none"},
            )

    def _command(self, binary: str, settings: Path) -> list[str]:
        if not self._contained:
            return [binary, "serve", str(settings)]
        place = f"127.0.0.1:{self._port}:{self._port}"
        folder = f"{self.folder}:{self.folder}"
        owner = f"{os.getuid()}:{os.getgid()}"
        label = f"{STATE_LABEL}={state_label(self.folder.parent)}"
        options = ["--rm", "--label", label, "--publish", place, "--volume", folder, "--user", owner]
        return ["docker", "run", *options, "--entrypoint", "registry", binary, "serve", str(settings)]

    async def _until_it_listens(self) -> None:
        limit = _PULL_SECONDS if self._contained else _START_SECONDS
        deadline = asyncio.get_running_loop().time() + limit
        while asyncio.get_running_loop().time() < deadline:
            if self._process is None or self._process.returncode is not None:
                raise RegistryUnavailableError(
                    f"the registry ended at once; {self.folder / 'registry.log'} says why"
                )
            if await self._answers():
                return
            await asyncio.sleep(0.02)
        raise RegistryUnavailableError(f"the registry did not listen within {limit:g} s")

    async def _answers(self) -> bool:
        """Ask over HTTP: a container's published port accepts before anything behind it listens."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(b"GET /v2/ HTTP/1.0\r\n\r\n")
            answer = await reader.read(5)
            writer.close()
            await writer.wait_closed()
        except OSError:
            return False
        return answer == b"HTTP/"

    def _settings(self, certificate: Path) -> dict[str, object]:
        """Return Distribution's configuration; JSON is YAML."""
        token = {
            "realm": f"http://{self.login_server}/oauth2/token",
            "service": self.login_server,
            "issuer": ISSUER,
            "rootcertbundle": str(certificate),
        }
        return {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": str(content(self.folder))},
                "delete": {"enabled": True},
            },
            "http": {
                "addr": f"{'0.0.0.0' if self._contained else '127.0.0.1'}:{self._port}",
                "relativeurls": True,
                "secret": secrets.token_hex(16),
            },
            "auth": {"token": token},
        }
