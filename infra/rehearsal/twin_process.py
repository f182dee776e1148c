"""The twin as a process of this machine: started, found again, and stopped."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra.findings.model import Finding
from infra.rehearsal import leftovers
from infra.rehearsal.errors import RehearsalError
from infra.rehearsal.order import Order
from infra.twin.client import TwinAddress, TwinUnreachableError

READY_SECONDS = 60.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.02
QUOTED_LINES = 5


@dataclass(frozen=True, kw_only=True)
class RunningTwin:
    """Name a twin that answers; `reused` when an earlier command had started it."""

    address: TwinAddress
    reused: bool


def running(state: Path) -> TwinAddress | None:
    """Return the address of the twin that lives in a state folder, or None."""
    try:
        address = TwinAddress.read(state)
    except TwinUnreachableError:
        return None
    return address if _is_twin(address.pid) else None


Starting = RunningTwin | subprocess.Popen[bytes]


async def begin(order: Order) -> Starting:
    """Return the stack's twin where one of the same mode runs already, else start one and return at once.

    Raises RehearsalError when it cannot be started (ST021) or its port is taken (ST016).
    """
    found = running(order.state)
    if found is not None and found.mode == order.mode:
        return RunningTwin(address=found, reused=True)
    await stop(order.state)
    _require_port(order.port)
    return _spawn(order)


async def ready(order: Order, starting: Starting) -> RunningTwin:
    """Return the twin once it answers; raise RehearsalError (ST021, ST016) when it ends before."""
    if isinstance(starting, RunningTwin):
        return starting
    try:
        address = await _ready(order.state, starting)
    except BaseException:
        _signal(starting.pid, signal.SIGKILL)
        starting.wait()
        raise
    return RunningTwin(address=address, reused=False)


async def stop(state: Path) -> bool:
    """Stop the twin of a state folder and whatever an earlier one left; say whether anything ran."""
    found = running(state)
    if found is not None:
        await _stop_process(found.pid)
    left = await asyncio.to_thread(leftovers.clean, state)
    (state / "twin.json").unlink(missing_ok=True)
    return found is not None or left > 0


async def gone(pid: int) -> None:
    """Return when a process is no more."""
    while _is_twin(pid):  # noqa: ASYNC110  # only the kernel knows when another's process ends
        await asyncio.sleep(0.2)


def _spawn(order: Order) -> "subprocess.Popen[bytes]":
    config = order.state / "config.json"
    try:
        order.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        (order.state / "twin.json").unlink(missing_ok=True)
        config.write_text(json.dumps(order.twin_config(), indent=2), encoding="utf-8")
        output = (order.state / "twin.out").open("wb")
    except OSError as error:
        raise _cannot_start(f"{error.strerror}: {error.filename or config}") from error
    with output:
        return subprocess.Popen(  # noqa: S603  # our own module
            [sys.executable, "-m", "infra.twin", "--config", str(config)],
            cwd=order.project.root,
            env={**os.environ, leftovers.MARK: str(order.state)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A Ctrl-C for the terminal's process group must reach us alone: we stop the twin in order.
            start_new_session=True,
        )


async def _ready(state: Path, process: "subprocess.Popen[bytes]") -> TwinAddress:
    try:
        async with asyncio.timeout(READY_SECONDS):
            while not (state / "twin.json").is_file():
                if process.poll() is not None:
                    raise _ended(state, process.returncode)
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise _cannot_start(f"it was not ready within {READY_SECONDS:.0f} s: {_last_lines(state)}") from None
    return TwinAddress.read(state)


def _ended(state: Path, code: int | None) -> RehearsalError:
    """Return why the twin ended: its own finding where it wrote one, else its last lines."""
    for line in reversed(_lines(state / "twin.out")):
        try:
            return RehearsalError(Finding.model_validate(json.loads(line)["finding"]))
        except (ValueError, KeyError, TypeError):
            continue
    return _cannot_start(f"it ended with code {code}: {_last_lines(state)}")


def _cannot_start(reason: str) -> RehearsalError:
    return RehearsalError.of(
        "ST021",
        "twin",
        f"The twin could not start: {reason}.",
        "Run `seatrial down`, see that the disk has space and the project can be written, try again.",
    )


def _last_lines(state: Path) -> str:
    for name in ("twin.out", "twin.log"):
        lines = _lines(state / name)
        if lines:
            return " / ".join(lines[-QUOTED_LINES:])
    return "it wrote nothing"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []


def _require_port(port: int) -> None:
    if port == 0:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise RehearsalError.of(
                "ST016",
                "ingress",
                f"Port {port} cannot be used: {error.strerror}.",
                "Leave --port out so that a free one is chosen, or name another.",
            ) from error


async def _stop_process(pid: int) -> None:
    _signal(pid, signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await gone(pid)
    except TimeoutError:
        _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _is_twin(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and "infra.twin" in process.cmdline()
    except psutil.Error:
        return False
