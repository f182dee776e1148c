"""What a killed twin leaves behind: processes noted in its state folder, containers with its label."""

import os
import socket
from pathlib import Path

from infra.twin.runtime.process import end_leftover_processes


def end_leftovers(state: Path) -> int:
    """End every replica that a twin with this state folder left running; return how many there were.

    For use when that twin is gone. An engine that does not answer holds no running container.
    """
    return end_leftover_processes(state) + _remove_containers(state)


def _remove_containers(state: Path) -> int:
    if not _listening(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"):
        return 0
    # Loaded here: most rehearsals run without Docker, and its SDK takes a third of a second to import.
    import docker  # noqa: PLC0415
    from docker.errors import DockerException  # noqa: PLC0415

    from infra.twin.runtime.docker_engine import remove_leftovers  # noqa: PLC0415

    try:
        client = docker.from_env(timeout=10)
    except DockerException:
        return 0
    try:
        return remove_leftovers(client, state)
    except DockerException:
        return 0
    finally:
        client.close()


def _listening(host: str) -> bool:
    """Say whether an engine may answer; Docker's SDK leaves its socket open where none does."""
    if not host.startswith("unix://"):
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(host.removeprefix("unix://")) == 0
