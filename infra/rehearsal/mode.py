"""Whether the app runs as a container or as a process, and why."""

import asyncio
import os
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from infra.config import load_stack
from infra.image.context import base_image, context_hash, tag
from infra.project import Project
from infra.rehearsal.errors import RehearsalError
from infra.stack_file import StackFileError
from infra.twin.registry.storage import content, registry_of

Mode = Literal["docker", "process"]
Wish = Literal["auto", "docker", "process"]
ENGINE_ANSWERS_SECONDS = 5.0
PULL_SECONDS = 120.0
BASE_SECONDS = 20.0
PULUMI_INSTALL = "https://www.pulumi.com/docs/iac/download-install/"
REGISTRY_IMAGE = "registry:2"
REGISTRY_COMMAND = "docker-registry"


@dataclass(frozen=True)
class Choice:
    """Hold the mode and one line that says why it is this one."""

    mode: Mode
    reason: str


def require_engine(engine: str) -> None:
    """Raise RehearsalError when Pulumi's engine is asked for and its command line tool is not here."""
    if engine == "pulumi" and shutil.which("pulumi") is None:
        raise RehearsalError.of(
            "ST028",
            "pulumi",
            "There is no `pulumi` command on PATH, which --engine pulumi runs.",
            f"Install it as {PULUMI_INSTALL} says, or leave --engine out: it runs the same program.",
        )


async def choose(wish: Wish, project: Project, stack: str) -> Choice:
    """Return the mode for a wish; raise RehearsalError when docker is wished for and cannot be had.

    What the stack's registry holds already needs no base image.
    """
    if wish == "process":
        return Choice("process", "process mode, as asked")
    code, missing = await _missing()
    if missing is None and wish == "auto":
        missing = await _unbuildable(project, stack)
    if missing is None:
        return Choice("docker", "docker mode: the engine answers and buildx is there")
    if wish == "docker":
        raise RehearsalError.of(code, "docker", f"{missing}.", _next_step(code))
    return Choice("process", f"process mode: {missing}; the app runs without an image")


async def _unbuildable(project: Project, stack: str) -> str | None:
    """Say why no image could be built here: a base image that is neither here nor within reach."""
    base = base_image()
    if _pushed(project, stack) or await _answers("docker", "image", "inspect", base):
        return None
    if await _answers("docker", "buildx", "imagetools", "inspect", base, seconds=BASE_SECONDS):
        return None
    return f"the base image {base} cannot be reached (set BASE_IMAGE to one that can)"


def _pushed(project: Project, stack: str) -> bool:
    try:
        platform = load_stack(project, stack).image.platform
    except StackFileError:
        return False
    held = content(registry_of(project.state(stack))) / "docker" / "registry" / "v2" / "repositories"
    return any(held.glob(f"**/_manifests/tags/{tag(context_hash(project, platform))}"))


def _next_step(code: str) -> str:
    if code == "ST017":
        return "Start the engine (Docker Desktop, or `sudo systemctl start docker`), or use --mode process."
    return "Install what is missing, or use --mode process."


async def _missing() -> tuple[str, str | None]:
    docker = shutil.which("docker")
    if docker is None:
        return "ST023", "no docker command on PATH"
    engine, buildx = await asyncio.gather(
        _answers(docker, "version", "--format", "{{.Server.Version}}"),
        _answers(docker, "buildx", "version"),
    )
    if not engine:
        return "ST017", "Docker is installed and its engine does not answer"
    if not buildx:
        return "ST023", "docker has no buildx plugin"
    if shutil.which(REGISTRY_COMMAND) is None and not await _registry_image(docker):
        return "ST023", f"there is no registry to push to (neither {REGISTRY_COMMAND} nor {REGISTRY_IMAGE})"
    return "", None


async def _registry_image(docker: str) -> bool:
    if await _answers(docker, "image", "inspect", REGISTRY_IMAGE):
        return True
    return await _answers(docker, "pull", "--quiet", REGISTRY_IMAGE, seconds=PULL_SECONDS)


async def _answers(*command: str, seconds: float = ENGINE_ANSWERS_SECONDS) -> bool:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            return await process.wait() == 0
    except TimeoutError:
        return False
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
