"""The plan of a stack, from its program: offline, without a CLI, an account or a key."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from infra.plan import Plan
from infra.project import Project


class SynthesisError(Exception):
    """Say why the program of a stack could not be run; `code` is a finding's, or None."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


def adapter_command(
    command: str, project: Project, stack: str, overrides: Mapping[str, Any], adapter: str = "inprocess"
) -> list[str]:
    """Return the command line that runs an adapter, `inprocess` or `engine` (see `adapter_environment`)."""
    settings = [f"--set={key}={json.dumps(value)}" for key, value in overrides.items()]
    module = ["-m", f"infra.twin.adapters.{adapter}", command]
    return [sys.executable, *module, "--project", str(project.root), "--stack", stack, *settings]


def adapter_environment(project: Project) -> dict[str, str]:
    """Return the environment in which a project's own program runs, a scratch copy's too."""
    return {**os.environ, "PYTHONPATH": str(project.root)}


def synthesise(project: Project, stack: str, overrides: Mapping[str, Any] | None = None) -> Plan:
    """Return what a stack asks for; raise SynthesisError.

    Runs in a process of its own, because Pulumi's runtime belongs to the process.
    """
    ended = subprocess.run(  # noqa: S603 - our own interpreter and module
        adapter_command("synth", project, stack, overrides or {}),
        cwd=project.root,
        env=adapter_environment(project),
        capture_output=True,
        text=True,
        check=False,
    )
    events = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    for event in events:
        if event["event"] == "error":
            raise SynthesisError(event["message"], event.get("code"))
        if event["event"] == "plan":
            return Plan.of(stack, event["resources"])
    tail = " ".join(ended.stderr.strip().splitlines()[-1:])
    raise SynthesisError(f"the program of stack {stack} ended with exit code {ended.returncode}: {tail}")
