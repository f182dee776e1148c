"""Become the app: tie this process's life to the twin's, then replace it by the command.

Run by path in an isolated interpreter (`python -I -S launcher.py TWIN_PID COMMAND…`), Linux only. Doing
this between fork and exec inside the twin is not safe while other threads run.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_NOT_FOUND = 127


def main(arguments: list[str]) -> int:
    """Set the parent-death signal and execute the command; return only when that fails."""
    twin, command = int(arguments[0]), arguments[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != twin:
        return 1
    try:
        os.execvp(command[0], command)  # noqa: S606 - the command is the app's own, no shell takes part
    except OSError as error:
        sys.stderr.write(f"exec {command[0]}: {error.strerror}\n")
    return _NOT_FOUND


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
