"""Whether the app runs as a container or as a process, and why."""

import asyncio
import shutil
from dataclasses import dataclass
from typing import Literal

from infra.rehearsal.errors import RehearsalError

Mode = Literal["docker", "process"]
Wish = Literal["auto", "docker", "process"]
ENGINE_ANSWERS_SECONDS = 5.0
REGISTRY_IMAGE = "registry:2"
REGISTRY_COMMAND = "docker-registry"


@dataclass(frozen=True)
class Choice:
    """Hold the mode and one line that says why it is this one."""

    mode: Mode
    reason: str


async def choose(wish: Wish) -> Choice:
    """Return the mode for a wish; raise RehearsalError when docker is wished for and cannot be had."""
    if wish == "process":
        return Choice("process", "process mode, as asked")
    code, missing = await _missing()
    if missing is None:
        return Choice("docker", "docker mode: the engine answers and buildx is there")
    if wish == "docker":
        raise RehearsalError.of(code, "docker", f"{missing}.", _next_step(code))
    return Choice("process", f"process mode: {missing}; the app runs without an image")


def _next_step(code: str) -> str:
    if code == "ST017":
        return "Start the engine (Docker Desktop, or `sudo systemctl start docker`), or use --mode process."
    return "Install what is missing, or use --mode process."


async def _missing() -> tuple[str, str | None]:
    docker = shutil.which("docker")
    if docker is None:
        return "ST023", "no docker command on PATH"
    engine, buildx, registry = await asyncio.gather(
        _answers(docker, "version", "--format", "{{.Server.Version}}"),
        _answers(docker, "buildx", "version"),
        _answers(docker, "image", "inspect", REGISTRY_IMAGE),
    )
    if not engine:
        return "ST017", "Docker is installed and its engine does not answer"
    if not buildx:
        return "ST023", "docker has no buildx plugin"
    if not registry and shutil.which(REGISTRY_COMMAND) is None:
        return "ST023", f"there is no registry to push to (neither {REGISTRY_COMMAND} nor {REGISTRY_IMAGE})"
    return "", None


async def _answers(*command: str) -> bool:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(ENGINE_ANSWERS_SECONDS):
            return await process.wait() == 0
    except TimeoutError:
        process.kill()
        await process.wait()
        return False
