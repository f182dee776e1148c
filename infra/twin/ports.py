"""The twin's sockets: bound before anything is promised, on the same ports after a restart."""

import json
import socket
import sys
from pathlib import Path

from infra.findings.model import Finding
from infra.twin.arm.store import write_atomically

LOOPBACK = "127.0.0.1"


class PortInUseError(Exception):
    """Say which configured port another program holds."""

    def __init__(self, role: str, port: int) -> None:
        super().__init__(f"port {port} (the twin's {role}) is in use by another program")
        self.finding = Finding(
            code="ST016",
            resource=f"localhost:{port}",
            message=str(self),
            fix=f"stop what listens there (`ss -ltnp 'sport = :{port}'` names it), or choose another port",
        )


class Sockets:
    """Hold the listening sockets by role."""

    def __init__(self, remembered: Path) -> None:
        self._file = remembered
        self._last = _remembered(remembered)
        self._ports: dict[str, int] = {}
        self._held: dict[str, list[socket.socket]] = {}
        self._more: dict[str, int] = {}

    def bind(self, role: str, port: int, gateway: str | None = None) -> int:
        """Listen for a role on 127.0.0.1 (and on the bridge); return the port.

        Raises PortInUseError when a configured port is taken; a remembered one gives way silently.
        """
        wanted = port or self._last.get(role, 0)
        held = _listen(wanted, gateway)
        if held is None and port:
            raise PortInUseError(role, port)
        held = held or _listen(0, gateway) or _listen(0, None)
        if held is None:
            raise PortInUseError(role, wanted)
        self._held[role] = held
        self._ports[role] = int(held[0].getsockname()[1])
        return self._ports[role]

    def of(self, role: str) -> list[socket.socket]:
        """Return the sockets of a role."""
        return self._held[role]

    def remember(self, **more: int) -> None:
        """Write the ports down, for the next start; what was told once is written again."""
        self._more |= more
        write_atomically(self._file, json.dumps(self._ports | self._more))

    def holds(self, role: str) -> bool:
        """Say whether a role has its sockets."""
        return role in self._held

    def port(self, role: str) -> int:
        """Return the port of a role that has its sockets."""
        return self._ports[role]

    def release(self, role: str) -> None:
        """Close the sockets of a role, and forget its port."""
        for one in self._held.pop(role, []):
            one.close()
        self._ports.pop(role, None)

    def moved(self) -> dict[str, str]:
        """Return addresses that changed since the last start: `localhost:OLD` to `localhost:NEW`."""
        pairs = ((self._last[role], port) for role, port in self._ports.items() if role in self._last)
        return {f"localhost:{old}": f"localhost:{new}" for old, new in pairs if old != new}

    def last(self, role: str) -> int:
        """Return the port that a role had at the last start, or 0."""
        return self._last.get(role, 0)

    def close(self) -> None:
        """Close what no server has taken over."""
        for held in self._held.values():
            for one in held:
                one.close()


class HeldPort:
    """Keep a free port for a process that is told its number, and may take long to listen on it.

    Whoever asks for any free port is not given it. A server that sets SO_REUSEADDR, as the usual ones do, can
    listen on it; elsewhere than on Linux it could not, so there nothing is held.
    """

    def __init__(self) -> None:
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind((LOOPBACK, 0))
        self.number: int = self._held.getsockname()[1]
        if sys.platform != "linux":
            self.release()

    def release(self) -> None:
        """Let others have it."""
        self._held.close()


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Say whether a port can be bound on the loopback address."""
    held = _listen(port, None)
    for one in held or ():
        one.close()
    return held is not None


def _remembered(path: Path) -> dict[str, int]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {str(role): int(port) for role, port in data.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _listen(port: int, gateway: str | None) -> list[socket.socket] | None:
    held: list[socket.socket] = []
    try:
        held.append(_socket(LOOPBACK, port))
        if gateway is not None:
            held.append(_socket(gateway, held[0].getsockname()[1]))
    except OSError:
        for one in held:
            one.close()
        return None
    return held


def _socket(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made
