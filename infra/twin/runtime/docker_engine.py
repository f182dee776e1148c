"""The Docker engine: the image itself, limited and shut in as Azure does it."""

import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import docker
from docker.errors import DockerException, NotFound
from docker.models.containers import Container

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem
from infra.twin.platform import Platform, PulledImage
from infra.twin.runtime.docker_container import RunningContainer
from infra.twin.runtime.docker_images import PLATFORM, forget_others, local_reference, pull, repository_of
from infra.twin.runtime.engine import EngineError, Launch
from infra.twin.runtime.environment import CONTAINER_HOST
from infra.twin.runtime.labels import STATE_LABEL, state_label
from infra.twin.runtime.spec import ContainerSpec
from infra.twin.runtime.trust import mounts

_log = logging.getLogger(__name__)
STACK_LABEL = "seatrial.stack"
APP_LABEL = "seatrial.app"
_WRONG_PLATFORM = ("no matching manifest", "does not match the specified platform", "image operating system")
_GIB = 1024**3
_BILLION = 1_000_000_000

T = TypeVar("T")


class DockerEngine:
    """Run images with the local Docker engine; its blocking calls stay in threads."""

    def __init__(self, platform: Platform, client: "docker.DockerClient | None" = None) -> None:
        self._platform = platform
        self._client = client
        self._info: dict[str, Any] = {}
        self._latest: dict[str, str] = {}

    async def open(self) -> None:
        """Connect, and remove what an earlier twin of this stack left behind; ArmProblem with ST017."""
        try:
            if self._client is None:
                self._client = await asyncio.to_thread(docker.from_env)
            client = self._client
            self._info = await asyncio.to_thread(client.info)
            await asyncio.to_thread(remove_leftovers, client, self._platform.state)
        except DockerException as error:
            raise _not_running(error) from error

    async def close(self) -> None:
        """Close the connection; of each repository, the engine keeps the image that was pulled last."""
        if self._client is not None:
            await asyncio.to_thread(self._tidy, self._client)
            await asyncio.to_thread(self._client.close)

    async def fetch(self, container: ContainerSpec, image: PulledImage) -> None:
        """Pull with the credentials of the authorised pull; a copy that is here already does not count."""
        found = await self._call(lambda client: pull(client, image), container, image)
        system, processor = found.attrs.get("Os"), found.attrs.get("Architecture")
        if f"{system}/{processor}" != PLATFORM:
            raise _wrong_platform(container, image, f"{system}/{processor}")
        self._latest[repository_of(image)] = str(found.id)

    async def start(self, launch: Launch) -> RunningContainer:
        """Create and start a container without a published port; raise EngineError."""
        client = self._connected()
        published = self._must_publish()
        try:
            container = await asyncio.to_thread(self._create, client, launch, published=published)
        except DockerException as error:
            raise EngineError(_explanation(error)) from error
        try:
            await asyncio.to_thread(container.start)
            await asyncio.to_thread(container.reload)
        except DockerException as error:
            await asyncio.to_thread(_remove, container)
            raise EngineError(_explanation(error)) from error
        return RunningContainer(container, launch.console, published=published)

    def not_shown(self) -> list[str]:
        """Return what a container on one machine cannot show: nothing beyond the twin's own list."""
        return []

    def _tidy(self, client: "docker.DockerClient") -> None:
        try:
            for repository, latest in self._latest.items():
                forget_others(client, repository, latest)
        except DockerException as error:
            _log.warning("older images were not removed: %s", _explanation(error))

    def _create(self, client: "docker.DockerClient", launch: Launch, *, published: bool) -> Container:
        spec = launch.container
        reference = local_reference(launch.image)
        container: Container = client.containers.create(
            reference,
            command=list(spec.args) or None,
            entrypoint=list(spec.command) or None,
            name=f"seatrial-{self._platform.stack}-{launch.name.replica}",
            environment=launch.environment,
            labels={
                STACK_LABEL: self._platform.stack,
                STATE_LABEL: state_label(self._platform.state),
                APP_LABEL: launch.name.app,
            },
            read_only=True,
            tmpfs={"/tmp": "mode=1777"},  # noqa: S108 - a path inside the container
            volumes=mounts(self._platform),
            extra_hosts={CONTAINER_HOST: "host-gateway"},
            ports={f"{port}/tcp": ("127.0.0.1", 0) for port in launch.ports} if published else {},
            security_opt=["no-new-privileges"],
            **self._limits(spec),
        )
        return container

    def _limits(self, spec: ContainerSpec) -> dict[str, Any]:
        """Return the limits that this engine's kernel can keep."""
        limits: dict[str, Any] = {}
        if self._info.get("MemoryLimit"):
            limits["mem_limit"] = int(float(spec.memory.removesuffix("Gi")) * _GIB)
        if self._info.get("CpuCfsQuota"):
            limits["nano_cpus"] = int(min(spec.cpu, self._info.get("NCPU") or spec.cpu) * _BILLION)
        return limits

    def _must_publish(self) -> bool:
        """Say whether the bridge's addresses are out of reach: an engine in a virtual machine."""
        return sys.platform != "linux" or "desktop" in str(self._info.get("OperatingSystem", "")).lower()

    def _connected(self) -> "docker.DockerClient":
        if self._client is None:
            raise EngineError("the Docker engine is not connected")
        return self._client

    async def _call(
        self, work: Callable[["docker.DockerClient"], T], container: ContainerSpec, image: PulledImage
    ) -> T:
        client = self._connected()
        try:
            return await asyncio.to_thread(work, client)
        except DockerException as error:
            text = _explanation(error)
            if any(mark in text.lower() for mark in _WRONG_PLATFORM):
                raise _wrong_platform(container, image, text) from error
            raise _not_pulled(container, image, text) from error


def remove_leftovers(client: "docker.DockerClient", state: Path) -> int:
    """Remove every container of the twin with this state folder; return how many there were."""
    found = client.containers.list(all=True, filters={"label": f"{STATE_LABEL}={state_label(state)}"})
    for container in found:
        _remove(container)
    return len(found)


def _not_running(error: DockerException) -> ArmProblem:
    message = f"The Docker engine does not answer: {error}"
    fix = "Start the engine, or rehearse without it with --mode process."
    finding = Finding(code="ST017", resource="docker", message=message, fix=fix)
    return ArmProblem(503, "DockerUnavailable", message, finding=finding)


def _remove(container: Container) -> None:
    try:
        container.remove(force=True, v=True)
    except NotFound:
        return


def _explanation(error: DockerException) -> str:
    return str(getattr(error, "explanation", None) or error)


def _invalid(container: ContainerSpec, image: PulledImage, reason: str) -> str:
    return (
        "The following field(s) are either invalid or missing. Field "
        f"'template.containers.{container.name}.image' is invalid with details: 'Invalid value: "
        f'"{image.reference}": {reason}\';.'
    )


def _wrong_platform(container: ContainerSpec, image: PulledImage, found: str) -> ArmProblem:
    message = _invalid(container, image, f"image OS/Arc must be {PLATFORM} but found {found}")
    finding = Finding(
        code="ST006",
        resource=container.name,
        message=f"{message} Run all the same it would end with 'exec format error'.",
        fix="Set image.platform to linux/amd64 in the stack file and deploy again.",
    )
    return ArmProblem(400, "InvalidParameterValueInContainerTemplate", message, finding=finding)


def _not_pulled(container: ContainerSpec, image: PulledImage, reason: str) -> ArmProblem:
    message = _invalid(container, image, f"Failed to pull image: {reason}")
    denied = any(word in reason.lower() for word in ("unauthorized", "denied", "forbidden"))
    finding = Finding(
        code="ST005" if denied else "ST024",
        resource=container.name,
        message=message,
        fix="Give the app's identity AcrPull at the registry."
        if denied
        else "Check the image's name and that it was pushed to this registry.",
    )
    return ArmProblem(400, "InvalidParameterValueInContainerTemplate", message, finding=finding)
