"""The process engine: the app's own command in a clean environment, one process per replica."""

import asyncio
import json
import os
import shutil
import signal
import sys
from importlib.resources import as_file, files
from pathlib import Path

import psutil

from infra.twin.platform import PulledImage
from infra.twin.ports import HeldPort
from infra.twin.runtime.console import Console
from infra.twin.runtime.engine import EngineError, Exit, Launch, Listener
from infra.twin.runtime.spec import ContainerSpec

_CHUNK = 65_536
_DRAIN_SECONDS = 1.0


class ProcessEngine:
    """Run the app's command where Azure would run its image."""

    def __init__(self, command: tuple[str, ...], folder: Path, state: Path) -> None:
        self._command = command
        self._folder = folder
        self._replicas = state / "replicas"

    async def open(self) -> None:
        """End what a twin of this stack left running when it was killed."""
        await asyncio.to_thread(end_leftover_processes, self._replicas.parent)

    async def close(self) -> None:
        """Remove the folders of the replicas."""
        shutil.rmtree(self._replicas, ignore_errors=True)

    async def fetch(self, container: ContainerSpec, image: PulledImage) -> None:
        """Do nothing: the pull was authorised, and there is no image in process mode."""

    async def start(self, launch: Launch) -> "RunningProcess":
        """Start the command on a free port of the loopback."""
        home = self._replicas / launch.name.replica
        (home / "tmp").mkdir(parents=True, exist_ok=True)
        port = HeldPort()
        read, write = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *_tied_to_this_process(self._command_of(launch.container)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write,
                stderr=write,
                cwd=self._folder,
                env=self._environment(launch, home, port.number),
                start_new_session=True,
            )
        except OSError as error:
            os.close(read)
            port.release()
            raise EngineError(f"exec {self._command_of(launch.container)[0]}: {error.strerror}") from error
        finally:
            os.close(write)
        _record(home, process.pid)
        return RunningProcess(process, read, home, (launch.container.port, port), launch.console)

    def not_shown(self) -> list[str]:
        """Return what a bare process cannot show."""
        return [
            "image: not built, pushed or pulled; the app ran as a process from its source",
            "image platform: not checked (linux/amd64 is required in Azure)",
            "container limits: cpu, memory, read-only file system and user were not applied",
        ]

    def _command_of(self, container: ContainerSpec) -> tuple[str, ...]:
        return (*(container.command or self._command), *container.args)

    def _environment(self, launch: Launch, home: Path, port: int) -> dict[str, str]:
        tools = str(Path(self._command[0]).parent) if "/" in self._command[0] else ""
        path = os.environ.get("PATH", os.defpath)
        clean = {
            "PATH": os.pathsep.join(filter(None, (tools, path))),
            "HOME": str(home),
            "TMPDIR": str(home / "tmp"),
            "LANG": os.environ.get("LANG", "C.UTF-8"),
            "PYTHONPATH": str(self._folder),
            "PYTHONUNBUFFERED": "1",
        }
        if "SSL_CERT_FILE" in os.environ:
            clean["SSL_CERT_FILE"] = os.environ["SSL_CERT_FILE"]
        return {**clean, **launch.environment, "PORT": str(port), "SEATRIAL_HOST": "127.0.0.1"}


class RunningProcess:
    """Be one replica's process; its declared port is mapped to a free one of the loopback."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        output: int,
        home: Path,
        ports: tuple[int, HeldPort],
        console: Console,
    ) -> None:
        self._process = process
        self._home = home
        self._declared, self._held = ports
        self._actual = self._held.number
        self._output = asyncio.create_task(_copy_output(output, console))
        self._ended = asyncio.create_task(self._wait())

    @property
    def exit(self) -> Exit | None:
        """Return how it ended, or None while it runs."""
        return self._ended.result() if self._ended.done() and not self._ended.cancelled() else None

    def address(self, port: int) -> tuple[str, int] | None:
        """Return the loopback port that stands for the declared one; others are not mapped."""
        return ("127.0.0.1", self._actual) if port == self._declared else None

    async def ended(self) -> Exit:
        """Wait for the end and for the last output."""
        return await asyncio.shield(self._ended)

    async def listeners(self) -> list[Listener]:
        """Return the ports of the process and its children, the mapped one under its declared number."""
        ports = await asyncio.to_thread(_listening_ports, self._process.pid)
        return [Listener(self._declared if port == self._actual else port) for port in sorted(ports)]

    async def unreachable(self, endpoint: str) -> str | None:
        """Return None: a process shares the twin's host, so nothing stands between them."""
        del endpoint
        return None

    async def stop(self, grace: float) -> None:
        """Send SIGTERM, wait, then kill the whole session and remove the replica's folder."""
        if self._process.returncode is None:
            self._signal(signal.SIGTERM)
            await asyncio.wait([self._ended], timeout=grace)
        self._kill_session()
        await self._ended
        shutil.rmtree(self._home, ignore_errors=True)

    async def _wait(self) -> Exit:
        code = await self._process.wait()
        self._held.release()
        # A child of the app may hold the pipe open, so the last output is awaited only for a moment.
        await asyncio.wait([self._output], timeout=_DRAIN_SECONDS)
        self._output.cancel()
        return Exit(code if code >= 0 else 128 - code)

    def _signal(self, number: signal.Signals) -> None:
        try:
            self._process.send_signal(number)
        except ProcessLookupError:
            return

    def _kill_session(self) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # The group is gone; on macOS a group of zombies answers with a permission error.
            return


def end_leftover_processes(state: Path) -> int:
    """End the replicas noted in a state folder; return how many still ran."""
    replicas = state / "replicas"
    ended = sum(_end_leftover(record) for record in replicas.glob("*/process.json"))
    shutil.rmtree(replicas, ignore_errors=True)
    return ended


def _tied_to_this_process(command: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command behind the launcher that ends it with the twin, where the system can do that."""
    if sys.platform != "linux":
        return command
    with as_file(files("infra.twin.runtime").joinpath("launcher.py")) as launcher:
        return (sys.executable, "-I", "-S", str(launcher), str(os.getpid()), *command)


async def _copy_output(descriptor: int, console: Console) -> None:
    """Feed the console until the pipe is closed."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    try:
        while data := await reader.read(_CHUNK):
            console.feed(data)
    finally:
        console.finish()
        transport.close()


def _listening_ports(pid: int) -> set[int]:
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return {
            connection.laddr.port
            for member in family
            for connection in member.net_connections(kind="tcp")
            if connection.status == psutil.CONN_LISTEN
        }
    except psutil.Error:
        return set()


def _record(home: Path, pid: int) -> None:
    """Note the process so that a later twin can end it if this one is killed."""
    try:
        started = psutil.Process(pid).create_time()
    except psutil.Error:
        return
    (home / "process.json").write_text(json.dumps({"pid": pid, "started": started}), encoding="utf-8")


def _end_leftover(record: Path) -> bool:
    """Kill one noted process and its session; say whether it was still there."""
    try:
        noted = json.loads(record.read_text(encoding="utf-8"))
        if psutil.Process(noted["pid"]).create_time() != noted["started"]:
            return False
        os.killpg(noted["pid"], signal.SIGKILL)
    except (OSError, ValueError, KeyError, psutil.Error):
        # Whatever it was, it is gone or cannot be told from another process.
        return False
    return True
