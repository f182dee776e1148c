"""The one place that starts Docker to build: buildx, logged in for this build alone."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from infra.image.context import BuildContext
from infra.image.errors import BaseImageError, BuildFailedError, BuildToolError, PlatformError
from infra.image.registry import LOGIN_USER, Registry, is_local

CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
BUILD_LIMIT_SECONDS = 1_800


def available() -> str | None:
    """Return None when images can be built here, else one sentence that says what is missing."""
    docker = shutil.which("docker")
    if docker is None:
        return "no docker command on PATH"
    if _quiet(docker, "buildx", "version") is None:
        return "docker has no buildx plugin"
    if _quiet(docker, "info", "--format", "{{.ServerVersion}}") is None:
        return "docker is installed but its engine does not answer"
    return None


def _quiet(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=15, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 and done.stdout.strip() else None


def build_and_push(context: BuildContext, reference: str, registry: Registry) -> str:
    """Build the context, push it as `reference` and return its digest.

    Raises BuildToolError without Docker and buildx, BuildFailedError with the build's last lines.
    """
    missing = available()
    if missing is not None:
        raise BuildToolError(f"cannot build {reference}: {missing}; install Docker with buildx")
    with tempfile.TemporaryDirectory(prefix="seatrial-build-") as folder:
        metadata = Path(folder) / "metadata.json"
        command = _command(context, reference, metadata)
        done = subprocess.run(  # noqa: S603  # every part of the command is ours or a checked config value
            command,
            cwd=context.root,
            env=_environment(Path(folder), registry),
            capture_output=True,
            text=True,
            timeout=BUILD_LIMIT_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise _failure(context, done.stderr or done.stdout)
        return str(json.loads(metadata.read_text())["containerimage.digest"])


def _failure(context: BuildContext, output: str) -> BuildFailedError:
    if "exec format error" in output:
        return PlatformError(f"docker buildx build, for {context.platform}", output)
    unreachable = "failed to do request" in output or "failed to resolve source metadata" in output
    if unreachable and context.base.split(":", maxsplit=1)[0] in output:
        return BaseImageError(f"docker buildx build, from {context.base}", output)
    return BuildFailedError("docker buildx build", output)


def _command(context: BuildContext, reference: str, metadata: Path) -> list[str]:
    secret = _ca_bundle(os.environ)
    return [
        "docker", "buildx", "build",
        "--platform", context.platform,
        "--file", str(context.dockerfile),
        "--build-arg", f"BASE_IMAGE={context.base}",
        "--tag", reference,
        "--metadata-file", str(metadata),
        "--provenance=false",
        "--push",
        *_builder(reference),
        *(("--secret", f"id=ca,src={secret}") if secret else ()),
        ".",
    ]  # fmt: skip


def _builder(reference: str) -> tuple[str, ...]:
    """Return the choice of the engine's own builder where a builder in a container sees another localhost."""
    if not is_local(reference.partition("/")[0]):
        return ()
    chosen = os.environ.get("DOCKER_CONTEXT") or _current_context(_own_config() / "config.json").get(
        "currentContext", "default"
    )
    return ("--builder", "default" if os.environ.get("DOCKER_HOST") else chosen)


def _own_config() -> Path:
    return Path(os.environ.get("DOCKER_CONFIG", Path.home() / ".docker"))


def _ca_bundle(environ: Mapping[str, str]) -> str | None:
    """Return the host's certificate bundle where one is set: the build then trusts what the host does."""
    named = (environ.get(name) for name in CA_VARIABLES)
    return next((path for path in named if path and Path(path).is_file()), None)


def _environment(folder: Path, registry: Registry) -> dict[str, str]:
    """Return an environment whose Docker knows this registry's login and none of the user's."""
    config = folder / "docker"
    config.mkdir(mode=0o700)
    own = _own_config()
    for name in ("cli-plugins", "contexts", "buildx"):
        if (own / name).is_dir():
            (config / name).symlink_to(own / name)
    login = base64.b64encode(f"{LOGIN_USER}:{registry.refresh_token}".encode()).decode()
    settings = {"auths": {registry.login_server: {"auth": login}}, **_current_context(own / "config.json")}
    file = config / "config.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(settings))
    return {**os.environ, "DOCKER_CONFIG": str(config)}


def _current_context(config: Path) -> dict[str, str]:
    try:
        name = json.loads(config.read_text()).get("currentContext")
    except (OSError, ValueError):
        return {}
    return {"currentContext": name} if name else {}
