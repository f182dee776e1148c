"""Rehearse the bootstrap: its program against a twin of its own, gone afterwards."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.bootstrap.config import BootstrapConfig
from infra.plan import Plan
from infra.project import Project
from infra.synthesis import adapter_environment

READY_SECONDS = 60.0
_POLL_SECONDS = 0.05
_STACK = "bootstrap"


class BootstrapError(Exception):
    """Say what the bootstrap could not do, and the next step."""


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """Hold what the twin made of it."""

    resources: tuple[dict[str, Any], ...]
    outputs: dict[str, str]


def plan(project: Project, config: BootstrapConfig) -> Plan:
    """Return what the bootstrap asks for; raise BootstrapError."""
    events = _run(project, config, ["synth"], lambda _: None)
    (planned,) = (event["resources"] for event in events if event["event"] == "plan")
    return Plan.of(_STACK, planned)


def rehearse(project: Project, config: BootstrapConfig, told: Callable[[str], None]) -> Rehearsed:
    """Make everything in a twin, and again, to see that nothing changes; raise BootstrapError."""
    with (
        tempfile.TemporaryDirectory(prefix="seatrial-bootstrap-") as folder,
        _twin(project, Path(folder)) as state,
    ):
        command = ["up", "--twin", str(state)]
        first = _run(project, config, command, told)
        again = _run(project, config, command, lambda _: None)
        made, kept = _outputs(first), _outputs(again)
        if made != kept:
            raise BootstrapError(f"a second run gave other outputs: {kept}, before {made}")
    resources = [event for event in first if event["event"] == "resource" and event["status"] == "created"]
    return Rehearsed(resources=tuple(resources), outputs=made)


def _outputs(events: list[dict[str, Any]]) -> dict[str, str]:
    (found,) = (event["outputs"] for event in events if event["event"] == "outputs")
    return dict(found)


def _run(
    project: Project, config: BootstrapConfig, command: list[str], told: Callable[[str], None]
) -> list[dict[str, Any]]:
    settings = json.dumps(config.model_dump(mode="json", by_alias=True))
    module = [sys.executable, "-m", "infra.twin.adapters.bootstrap", *command]
    ended = subprocess.run(  # noqa: S603 - our own interpreter and module
        [*module, "--project", str(project.root), "--settings", settings],
        cwd=project.root,
        env=adapter_environment(project),
        capture_output=True,
        text=True,
        check=False,
    )
    events = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    for event in events:
        if event["event"] == "error":
            raise BootstrapError(event["message"])
        if event["event"] == "resource" and event["status"] == "created":
            told(f"{event['name']} ({event['type']})")
    if ended.returncode != 0:
        tail = " ".join(ended.stderr.strip().splitlines()[-1:])
        raise BootstrapError(f"the bootstrap's program ended with exit code {ended.returncode}: {tail}")
    return events


@contextmanager
def _twin(project: Project, folder: Path) -> Iterator[Path]:
    """Run a twin that serves nothing but ARM; nothing is started in it."""
    state, config = folder / "state", folder / "config.json"
    # The bootstrap has no app and no model; both addresses stay unused.
    settings = {
        "stack": _STACK,
        "state": str(state),
        "owner_pid": os.getpid(),
        "app_command": [sys.executable, "-c", ""],
        "app_cwd": str(folder),
        "model": {"url": "http://127.0.0.1:9/v1", "name": "none"},
    }
    config.write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "infra.twin", "--config", str(config)]
    with (folder / "twin.out").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, cwd=project.root, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _await(process, state, folder / "twin.out")
        yield state
    finally:
        process.terminate()
        process.wait(READY_SECONDS)


def _await(process: "subprocess.Popen[bytes]", state: Path, output: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not (state / "twin.json").is_file():
        if process.poll() is not None or time.monotonic() > deadline:
            last = output.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
            raise BootstrapError(f"the twin did not start: {' / '.join(last) or 'it wrote nothing'}")
        time.sleep(_POLL_SECONDS)
