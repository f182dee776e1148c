"""Run the database alone: `python -m infra.twin.database --state DIR [--port N] [--owner PID]`."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from infra.twin.arm.store import CorruptedStateError
from infra.twin.database.standalone import serve
from infra.twin.lock import StateLock, TwinRunsError
from infra.twin.ports import PortInUseError

FAILED, REFUSED = 1, 3
_OWNER_POLL_SECONDS = 1.0


def main(arguments: list[str]) -> int:
    """Run until stopped; return the exit code (0 stopped, 1 failed, 2 usage, 3 the port is in use)."""
    parser = argparse.ArgumentParser(prog="python -m infra.twin.database", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder for data, key and certificates")
    parser.add_argument(
        "--port", type=int, default=0, help="0 (standard): the last one used, else any free one"
    )
    parser.add_argument("--owner", type=int, help="end when the process with this id is gone")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        given.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = StateLock(given.state)
        lock.acquire()
        try:
            asyncio.run(_until_told(given))
        finally:
            lock.release()
    except PortInUseError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    except (TwinRunsError, CorruptedStateError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    return 0


async def _until_told(given: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    watch = asyncio.create_task(_watch(given.owner, stopping)) if given.owner else None
    await serve(given.state, given.port, stopping)
    if watch is not None:
        watch.cancel()


async def _watch(owner: int, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            stopping.set()
        await asyncio.sleep(_OWNER_POLL_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
