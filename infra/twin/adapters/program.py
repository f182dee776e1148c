"""Run a Pulumi program in this process, once: Pulumi's runtime belongs to the process."""

import json
import logging
import os
import runpy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pulumi
import yaml
from pulumi.runtime import set_all_config, set_mocks
from pulumi.runtime import test as until_done
from pulumi.runtime.settings import get_root_resource

from infra.config import NAMESPACE, merged
from infra.project import Project
from infra.stack_file import StackFile
from infra.twin.adapters.monitor import Monitor, NoCalls

if TYPE_CHECKING:
    from pulumi.runtime.stack import Stack


@dataclass(frozen=True, kw_only=True)
class Program:
    """Name a program by its folder, with a stack and its configuration as Pulumi hands it over."""

    folder: Path
    stack: str
    config: Mapping[str, str]


def run_program(
    project: Project,
    stack: str,
    overrides: Mapping[str, Any],
    monitor: Monitor,
    *,
    preview: bool,
    log: logging.Logger | None = None,
) -> dict[str, Any]:
    """Run the project's program against a monitor and return the stack's outputs (none in a preview).

    `log` hears what the program says through Pulumi's log.
    """
    config = _pulumi_config(StackFile.read(project, stack), overrides)
    program = Program(folder=project.program, stack=stack, config=config)
    return run_folder(program, monitor, preview=preview, log=log)


def run_folder(
    program: Program, monitor: Monitor, *, preview: bool, log: logging.Logger | None = None
) -> dict[str, Any]:
    """Run the program of a folder with Pulumi.yaml against a monitor; return its outputs."""
    # Values that hang on a failed resource are never awaited; the failure itself is reported.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    name = _project_name(program.folder)
    set_mocks(NoCalls(), project=name, stack=program.stack, preview=preview, logger=log, monitor=monitor)
    set_all_config(dict(program.config))
    os.chdir(program.folder)
    found: dict[str, Any] = {}

    def body() -> pulumi.Output[None]:
        runpy.run_path(str(program.folder / "__main__.py"), run_name="__main__")
        root = cast("Stack", get_root_resource())
        return pulumi.Output.from_input(dict(root.outputs)).apply(found.update)

    until_done(body)()  # type: ignore[no-untyped-call]  # Pulumi ships it untyped
    return found


def _project_name(folder: Path) -> str:
    described = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8"))
    return str(described["name"])


def _pulumi_config(file: StackFile, overrides: Mapping[str, Any]) -> dict[str, str]:
    """Return the configuration as Pulumi's engine hands it over: text, or JSON."""
    values = {f"{NAMESPACE}:{key}": value for key, value in merged(file, overrides).items()}
    others = {key: value for key, value in file.config.items() if not key.startswith(f"{NAMESPACE}:")}
    return {key: _text(value) for key, value in {**others, **values}.items() if value is not None}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
