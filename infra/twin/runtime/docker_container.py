"""One container of the Docker engine, watched by a thread of its own."""

import asyncio
import contextlib
import threading
from pathlib import Path
from urllib.parse import urlsplit

from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container

from infra.twin.runtime.console import Console
from infra.twin.runtime.engine import Exit, Listener
from infra.twin.runtime.environment import CONTAINER_HOST

_LISTENING = "0A"
_LOOPBACK = "7F"
_LOOPBACK_6 = "00000000000000000000000001000000"
_SAID_NO = 1
_KILL_SECONDS = 15
_REACH = (
    "import socket, sys\n"
    "try:\n"
    "    socket.create_connection((sys.argv[1], int(sys.argv[2])), 5).close()\n"
    "except OSError as error:\n"
    "    sys.exit(f'{sys.argv[1]}:{sys.argv[2]}: {error}')\n"
)


class RunningContainer:
    """Be one started container."""

    def __init__(self, container: Container, console: Console, *, published: bool) -> None:
        self._container = container
        self._console = console
        self._published = published
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[Exit] = self._loop.create_future()
        threading.Thread(target=self._watch, name=f"watch-{container.name}", daemon=True).start()

    @property
    def exit(self) -> Exit | None:
        """Return how it ended, or None while it runs."""
        return self._ended.result() if self._ended.done() else None

    def address(self, port: int) -> tuple[str, int] | None:
        """Return the container's address on the bridge, or where the engine publishes the port."""
        settings = self._container.attrs.get("NetworkSettings") or {}
        if self._published:
            bindings = (settings.get("Ports") or {}).get(f"{port}/tcp")
            return (bindings[0]["HostIp"], int(bindings[0]["HostPort"])) if bindings else None
        networks = (settings.get("Networks") or {}).values()
        address = next((found["IPAddress"] for found in networks if found.get("IPAddress")), None)
        return (address, port) if address else None

    async def ended(self) -> Exit:
        """Wait for the end and for the last output."""
        return await asyncio.shield(self._ended)

    async def listeners(self) -> list[Listener]:
        """Return the ports on which something in the container listens."""
        return await asyncio.to_thread(self._listeners)

    async def unreachable(self, endpoint: str) -> str | None:
        """Return why a connection from inside to an endpoint of the twin fails, or None."""
        port = urlsplit(endpoint).port
        if port is None:
            return None
        return await asyncio.to_thread(self._unreachable, port)

    async def stop(self, grace: float) -> None:
        """Send SIGTERM, after `grace` seconds SIGKILL, then remove the container."""
        with contextlib.suppress(NotFound):
            await asyncio.to_thread(self._container.stop, timeout=int(grace))
        await asyncio.wait([self._ended], timeout=_KILL_SECONDS)
        with contextlib.suppress(NotFound):
            await asyncio.to_thread(self._container.remove, force=True, v=True)

    def _watch(self) -> None:
        """Copy the output until it ends, then learn why; runs in a thread, for the engine's calls block."""
        try:
            for data in self._container.logs(stream=True, follow=True):
                self._hand_over(self._console.feed, data)
            code = int(self._container.wait()["StatusCode"])
            self._container.reload()
            ended = Exit(code, out_of_memory=bool(self._container.attrs["State"].get("OOMKilled")))
        except (DockerException, OSError, ValueError) as error:
            self._hand_over(
                self._console.line, f"system: the engine no longer follows this container: {error}"
            )
            ended = Exit(137)
        self._hand_over(self._console.finish)
        self._hand_over(self._end, ended)

    def _hand_over(self, work: object, *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work, *arguments)  # type: ignore[arg-type] # the callable fits its arguments

    def _end(self, ended: Exit) -> None:
        if not self._ended.done():
            self._ended.set_result(ended)

    def _listeners(self) -> list[Listener]:
        found = {
            Listener(int(port, 16), loopback=_is_loopback(address))
            for line in self._sockets().splitlines()
            if len(fields := line.split()) > 3 and fields[3] == _LISTENING  # noqa: PLR2004 - a column of /proc/net/tcp
            for address, _, port in [fields[1].rpartition(":")]
        }
        open_ports = {listener.port for listener in found if not listener.loopback}
        kept = [item for item in found if not item.loopback or item.port not in open_ports]
        return sorted(kept, key=lambda listener: listener.port)

    def _sockets(self) -> str:
        """Return the kernel's socket tables of the container's network."""
        pid = (self._container.attrs.get("State") or {}).get("Pid") or 0
        tables = [Path(f"/proc/{pid}/net/{name}") for name in ("tcp", "tcp6")]
        with contextlib.suppress(OSError):
            return "\n".join(table.read_text() for table in tables)
        with contextlib.suppress(APIError):
            return self._inside("cat", "/proc/net/tcp", "/proc/net/tcp6")[1]
        return ""

    def _unreachable(self, port: int) -> str | None:
        try:
            code, output = self._inside("python3", "-c", _REACH, CONTAINER_HOST, str(port))
        except APIError:
            return None
        return output.strip() if code == _SAID_NO else None

    def _inside(self, *command: str) -> tuple[int | None, str]:
        """Run a program of the image inside the container."""
        code, output = self._container.exec_run(list(command))
        return code, output.decode(errors="replace") if isinstance(output, bytes) else ""


def _is_loopback(address: str) -> bool:
    """Say whether an address of /proc/net/tcp (hexadecimal, little endian) is the loopback."""
    return address.endswith(_LOOPBACK) if len(address) == 8 else address == _LOOPBACK_6  # noqa: PLR2004 - IPv4
