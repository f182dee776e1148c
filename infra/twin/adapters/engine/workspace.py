"""A scratch workspace for the engine: project file, state, home and provider; the checkout stays clean."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pulumi.automation import LocalWorkspace, Stack

from infra.config import NAMESPACE, merged
from infra.project import Project
from infra.stack_file import StackFile
from infra.twin.client import TwinAddress

_PROVIDER = "pulumi-resource-azure-native"
# The state is a scratch file on this machine and holds no secret; the passphrase only has to be there.
_PASSPHRASE = "rehearsal"  # noqa: S105


class NoEngineError(Exception):
    """Say that the Pulumi command line tool is not installed."""

    code = "ST028"

    def __init__(self) -> None:
        super().__init__("There is no `pulumi` command on PATH, which this adapter runs.")


@dataclass(frozen=True)
class Place:
    """Name the folders of one stack's workspace."""

    project: Project
    stack: str
    twin: Path

    @property
    def root(self) -> Path:
        """Return the folder that holds all of it."""
        return self.twin / "pulumi"

    @property
    def state(self) -> Path:
        """Return the folder of the file backend."""
        return self.root / "state"

    @property
    def backend(self) -> str:
        """Return the address of the file backend.

        The backend renames a state into place but rewrites the file of metadata beside it, and reads no state
        whose metadata a killed engine left empty. Nothing here needs it, so none is written.
        """
        return f"{self.state.as_uri()}?metadata=skip"


def open_stack(place: Place, overrides: Mapping[str, Any]) -> Stack:
    """Return the stack, made on first use; raise NoEngineError without the engine."""
    if shutil.which("pulumi") is None:
        raise NoEngineError
    for name in ("bin", "state", "home", "project"):
        (place.root / name).mkdir(parents=True, exist_ok=True)
    _write_provider(place)
    _write_project(place)
    _write_config(place, overrides)
    workspace = LocalWorkspace(
        work_dir=str(place.root / "project"),
        pulumi_home=str(place.root / "home"),
        env_vars=_environment(place),
    )
    return Stack.create_or_select(place.stack, workspace)


def _write_provider(place: Place) -> None:
    """Put the twin's provider where the engine looks for azure-native."""
    script = place.root / "bin" / _PROVIDER
    module = [sys.executable, "-m", "infra.twin.adapters.provider"]
    command = shlex.join([*module, "--twin", str(place.twin), "--stack", place.stack])
    path = shlex.quote(str(place.project.root))
    script.write_text(f'#!/bin/sh\nPYTHONPATH={path} exec {command} "$@"\n', encoding="utf-8")
    script.chmod(0o755)


def _write_project(place: Place) -> None:
    text = (place.project.program / "Pulumi.yaml").read_text(encoding="utf-8")
    described = yaml.safe_load(text)
    described["main"] = str(place.project.program)
    described["runtime"] = {"name": "python"}
    described.pop("stackConfigDir", None)
    _write(place.root / "project" / "Pulumi.yaml", described)


def _write_config(place: Place, overrides: Mapping[str, Any]) -> None:
    """Write the stack's values with this machine's own; the engine adds its salt to this copy alone."""
    file = StackFile.read(place.project, place.stack)
    others = {key: value for key, value in file.config.items() if not key.startswith(f"{NAMESPACE}:")}
    own = {f"{NAMESPACE}:{key}": value for key, value in merged(file, overrides).items()}
    path = place.root / "project" / f"Pulumi.{place.stack}.yaml"
    salt = yaml.safe_load(path.read_text(encoding="utf-8")).get("encryptionsalt") if path.is_file() else None
    _write(path, {**({"encryptionsalt": salt} if salt else {}), "config": {**others, **own}})


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _environment(place: Place) -> dict[str, str]:
    address = TwinAddress.read(place.twin)
    tools = [str(place.root / "bin"), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    return {
        "PATH": os.pathsep.join(tools),
        "PYTHONPATH": str(place.project.root),
        "PULUMI_BACKEND_URL": place.backend,
        "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        # The program pushes its image with a token of the twin's operator.
        "IDENTITY_ENDPOINT": address.identity_endpoint,
        "IDENTITY_HEADER": address.operator_identity_header,
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
    }
