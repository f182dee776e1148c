"""What runs a container: the seam between replicas and the two engines."""

from dataclasses import dataclass
from typing import Protocol

from infra.twin.platform import PulledImage
from infra.twin.runtime.console import Console
from infra.twin.runtime.environment import ReplicaName
from infra.twin.runtime.spec import ContainerSpec

_SIGNALS = 128
_SIGKILL = 137


class EngineError(Exception):
    """Say that the engine could not start a container; the message is the engine's own."""


@dataclass(frozen=True)
class Exit:
    """Say how a container ended."""

    code: int
    out_of_memory: bool = False

    @property
    def reason(self) -> str:
        """Return the reason in the word that Container Apps logs."""
        if self.out_of_memory:
            return "OOMKilled"
        return (
            "ProcessExited"
            if self.code < _SIGNALS or self.code == _SIGKILL
            else f"Signal{self.code - _SIGNALS}"
        )


@dataclass(frozen=True)
class Listener:
    """Name a port that the app listens on; `loopback` when nobody outside its container can reach it."""

    port: int
    loopback: bool = False

    def __str__(self) -> str:
        return f"127.0.0.1:{self.port}" if self.loopback else str(self.port)


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Hold everything one start of a container needs."""

    container: ContainerSpec
    image: PulledImage
    name: ReplicaName
    environment: dict[str, str]
    ports: frozenset[int]
    console: Console


class Running(Protocol):
    """Be one started container."""

    @property
    def exit(self) -> Exit | None:
        """Return how it ended, or None while it runs."""
        ...

    def address(self, port: int) -> tuple[str, int] | None:
        """Return where a port of the container is reached from here, or None where nothing can listen."""
        ...

    async def ended(self) -> Exit:
        """Wait for the end."""
        ...

    async def listeners(self) -> list[Listener]:
        """Return the ports on which the app listens, numbered as the container sees them."""
        ...

    async def unreachable(self, endpoint: str) -> str | None:
        """Return why the container cannot reach an endpoint of the twin; None when it can, or cannot say."""
        ...

    async def stop(self, grace: float) -> None:
        """Send SIGTERM, after `grace` seconds SIGKILL, and leave nothing behind."""
        ...


class Engine(Protocol):
    """Start containers."""

    async def open(self) -> None:
        """Remove what an earlier twin of this stack left behind."""
        ...

    async def close(self) -> None:
        """Release the engine."""
        ...

    async def fetch(self, container: ContainerSpec, image: PulledImage) -> None:
        """Get an image whose pull was authorised; raise ArmProblem when it cannot run."""
        ...

    async def start(self, launch: Launch) -> Running:
        """Start a container; raise EngineError."""
        ...

    def not_shown(self) -> list[str]:
        """Return what this engine cannot show."""
        ...
