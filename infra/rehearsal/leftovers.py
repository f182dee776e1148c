"""What a twin that was killed could not clean up: found by its marks, and ended."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil

MARK = "TWIN_STATE_FOLDER"
GRACE_SECONDS = 5.0


def clean(state: Path) -> int:
    """End the processes and remove the containers that belong to a dead twin; return how many."""
    processes = list(_marked(state))
    for process in processes:
        _end(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(processes, timeout=GRACE_SECONDS)
    for process in alive:
        _end(process, signal.SIGKILL)
    return len(processes) + _remove_containers(state)


def _marked(state: Path) -> Iterator[psutil.Process]:
    """Yield what the twin of this folder started: by the inherited mark, or by its identity endpoint."""
    endpoint = _identity_endpoint(state)
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            variables = process.environ()
        except (psutil.Error, OSError):
            continue
        replica = endpoint is not None and variables.get("IDENTITY_ENDPOINT") == endpoint
        if variables.get(MARK) == str(state) or (replica and "CONTAINER_APP_NAME" in variables):
            yield process


def _identity_endpoint(state: Path) -> str | None:
    try:
        endpoint = json.loads((state / "twin.json").read_text(encoding="utf-8"))["identity_endpoint"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(endpoint)


def _end(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _remove_containers(state: Path) -> int:
    """Remove the state folder's containers, when its twin ran containers at all."""
    if not _ran_containers(state):
        return 0
    from infra.twin.runtime.leftovers import end_leftovers  # noqa: PLC0415 - process mode needs no Docker SDK

    return end_leftovers(state)


def _ran_containers(state: Path) -> bool:
    try:
        return bool(json.loads((state / "config.json").read_text(encoding="utf-8"))["mode"] == "docker")
    except (OSError, ValueError, KeyError, TypeError):
        return False
