"""One twin per state folder."""

import fcntl
import os
from pathlib import Path

from infra.findings.model import Finding


class TwinRunsError(Exception):
    """Say that another twin holds the state folder."""

    def __init__(self, state: Path, pid: str) -> None:
        super().__init__(f"a twin with pid {pid or 'unknown'} already runs for {state}")
        self.finding = Finding(
            code="ST021",
            resource=str(state),
            message=str(self),
            fix="use the one that runs, or stop it first with `seatrial down`",
        )


class StateLock:
    """Hold the lock of a state folder; the kernel drops it with the process, so no lock is ever stale."""

    def __init__(self, state: Path) -> None:
        self._path = state / "twin.lock"
        self._state = state
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock and write the pid into it; raise TwinRunsError when another twin has it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            raise TwinRunsError(self._state, pid) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock up; the file stays, so that two twins never lock two different files."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
