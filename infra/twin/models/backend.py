"""The model behind the endpoint: a server that runs already, or one that the twin starts."""

import asyncio
import contextlib
import json
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from infra.findings.model import Finding
from infra.twin.config import ModelConfig
from infra.twin.ports import free_port

_log = logging.getLogger(__name__)
_START_SECONDS = 60.0
_STOP_SECONDS = 5.0


class ModelUnavailableError(Exception):
    """Say why no model answers."""


@dataclass
class ModelBackend:
    """Start the model server in the background and know where it is."""

    config: ModelConfig
    cwd: Path
    log: Path
    report: Callable[[Finding], None]
    url: str | None = None
    name: str | None = None
    _process: asyncio.subprocess.Process | None = None
    _starting: "asyncio.Task[None] | None" = None
    _failure: str | None = None
    _ready: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        """Begin; return at once."""
        self.name = self.config.name
        if self.config.url is not None:
            self.url = _with_version(self.config.url)
            self._ready.set()
        elif self.config.command:
            self._starting = asyncio.create_task(self._launch(list(self.config.command)))
        else:
            self._failure = "the twin was given neither a model's url nor a command"
            self._ready.set()

    async def address(self) -> str:
        """Return the base URL (`…/v1`) once the model is ready; raise ModelUnavailableError."""
        try:
            await asyncio.wait_for(self._ready.wait(), _START_SECONDS)
        except TimeoutError:
            self._fail(f"the model did not start within {_START_SECONDS:g} s")
        if self.url is None:
            raise ModelUnavailableError(self._failure or "the model does not run")
        return self.url

    async def close(self) -> None:
        """Stop the server that was started."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        if self._process is not None:
            await stop_process(self._process, _STOP_SECONDS)

    def _fail(self, reason: str) -> None:
        self._failure = reason
        self.report(
            Finding(
                code="ST019",
                resource="model",
                message=reason,
                fix="Read model.log in the state folder of the stack",
            )
        )
        self._ready.set()

    async def _launch(self, command: list[str]) -> None:
        try:
            await self._spawn(command)
        except OSError as error:
            self._fail(f"the model server `{' '.join(command)}` could not start: {error}")
            return
        await self._introduced(command)

    async def _spawn(self, command: list[str]) -> None:
        port = free_port()
        with self.log.open("ab") as sink:
            self._process = await asyncio.create_subprocess_exec(
                *command, "--port", str(port), cwd=self.cwd, stdout=asyncio.subprocess.PIPE, stderr=sink
            )

    async def _introduced(self, command: list[str]) -> None:
        """Read the one line in which the server says where it is."""
        if self._process is None or self._process.stdout is None:
            return
        line = await self._process.stdout.readline()
        try:
            said = json.loads(line)
            self.url, self.name = _with_version(str(said["url"])), str(said["model"])
        except (ValueError, KeyError, TypeError):
            code = await self._ended()
            self._fail(
                f"the model server `{' '.join(command)}` said {line!r:.200} instead of its url (exit {code})"
            )
            return
        _log.info("model %s at %s", self.name, self.url)
        self._ready.set()
        await self._drain()

    async def _ended(self) -> int | None:
        if self._process is None:
            return None
        await stop_process(self._process, _STOP_SECONDS)
        return self._process.returncode

    async def _drain(self) -> None:
        """Read on, so that the server never blocks on a full pipe; note when it ends by itself."""
        if self._process is None or self._process.stdout is None:
            return
        while await self._process.stdout.readline():
            pass
        self.url = None
        self._fail(f"the model server ended with exit code {await self._process.wait()}")


async def stop_process(process: asyncio.subprocess.Process, grace: float) -> None:
    """Ask a child to end, then make it end."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), grace)
        except TimeoutError:
            process.kill()
            await process.wait()


def _with_version(url: str) -> str:
    base = url.rstrip("/")
    return base if base.endswith("/v1") else f"{base}/v1"
