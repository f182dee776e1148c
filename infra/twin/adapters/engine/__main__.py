"""The engine's adapter: `python -m infra.twin.adapters.engine up|preview|refresh|destroy --project DIR …`.

Speaks the same JSON lines on standard output as the in-process adapter and exits 0 or 1.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pulumi.automation import CommandError, Stack

from infra.config import load_stack
from infra.cost.cached import plan_of
from infra.plan import Plan
from infra.project import Project
from infra.twin.adapters.engine.checkpoint import planned
from infra.twin.adapters.engine.events import Told
from infra.twin.adapters.engine.recovery import interrupted, recover
from infra.twin.adapters.engine.workspace import Place, open_stack
from infra.twin.adapters.policed import limits_for, tell_breaches, tell_whole
from infra.twin.adapters.provider.noted import Noted
from infra.twin.adapters.report import Report
from infra.twin.adapters.translate import Translator
from infra.twin.client import ArmClient, TwinAddress, TwinUnreachableError

COMMANDS = ("up", "preview", "refresh", "destroy")
JUDGED = ("up", "preview")
_POLL_SECONDS = 0.05


def run(command: str, place: Place, overrides: Mapping[str, Any], report: Report) -> int:
    """Run one command of the engine; return the exit code. What breaks a policy is not begun."""
    limits = limits_for(place.project, place.stack, overrides)
    with ThreadPoolExecutor(1) as beside:
        judged = command in JUDGED
        plan = beside.submit(plan_of, place.project, place.stack, overrides) if judged else None
        stack = _opened(place, overrides, report)
        if plan is not None and tell_breaches(plan.result(), limits, report):
            return 1
    told = Told(report)
    try:
        result = _act(command, stack, told)
    except CommandError as error:
        _tell(place, told, str(error), report)
        return 1
    report.emit("steps", steps=told.steps)
    if command == "preview":
        report.emit("plan", resources=told.planned)
    if command != "up":
        return 0
    made = planned(stack)
    if not tell_whole(Plan.of(place.stack, made), limits, report):
        return 1
    report.emit("plan", resources=made)
    report.emit("outputs", outputs={key: output.value for key, output in result.outputs.items()})
    return 0


def _opened(place: Place, overrides: Mapping[str, Any], report: Report) -> Stack:
    """Return the stack with what an earlier engine left behind settled and forgotten."""
    stack = open_stack(place, overrides)
    if interrupted(place.state, place.stack):
        with ArmClient.connect(place.twin) as client:
            for sentence in recover(stack, client, Translator(place.stack)):
                report.emit("progress", message=sentence)
    Noted.of(place.twin).clear()
    return stack


def _act(command: str, stack: Stack, told: Told) -> Any:
    match command:
        case "up":
            return stack.up(on_event=told.hear, color="never", suppress_outputs=True)
        case "preview":
            return stack.preview(on_event=told.hear, color="never", diff=True)
        case "refresh":
            return stack.refresh(on_event=told.hear, color="never", diff=True)
        case _:
            return stack.destroy(on_event=told.hear, color="never")


def _tell(place: Place, told: Told, output: str, report: Report) -> None:
    """Say why: the twin's findings where it has some, else the engine's own words."""
    found = Noted.of(place.twin).read()
    for finding in found:
        report.finding(finding)
    for message in told.errors or [output]:
        report.error(message, found[0].code if found else None)


def _arrived(state: Path, wait: float) -> None:
    deadline = time.monotonic() + wait
    while True:
        try:
            TwinAddress.read(state)
        except TwinUnreachableError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return


def main(arguments: Sequence[str]) -> int:
    """Run one command line; return the exit code."""
    options = _options(arguments)
    report = Report()
    try:
        project = Project.find(options.project)
        overrides = dict(options.set)
        load_stack(project, options.stack, overrides)
        state = options.twin.resolve()
        state = state.parent if state.suffix else state
        _arrived(state, options.wait)
        return run(options.command, Place(project, options.stack, state), overrides, report)
    except Exception as error:  # noqa: BLE001 - the last place: whatever went wrong becomes one line
        report.error(str(error), getattr(error, "code", None), getattr(error, "fix", None))
        return 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="engine", description="Drive the twin with the Pulumi engine.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--project", type=Path, default=Path())
    parser.add_argument("--stack", required=True)
    parser.add_argument("--twin", type=Path, required=True, help="the twin's state folder, or its twin.json")
    parser.add_argument("--wait", type=float, default=0.0, help="seconds to wait for a twin that is starting")
    parser.add_argument("--set", action="append", type=_setting, default=[], metavar="KEY=JSON")
    return parser.parse_args(arguments)


def _setting(text: str) -> tuple[str, Any]:
    key, _, value = text.partition("=")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
