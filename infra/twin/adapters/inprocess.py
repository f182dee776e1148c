"""The in-process adapter: `python -m infra.twin.adapters.inprocess up|synth --project DIR --stack NAME`.

Speaks JSON lines on standard output and exits 0 or 1. `synth` asks nothing and nobody; `up` PUTs each
resource to the twin's ARM as the program asks for it.
"""

import argparse
import gc
import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import infra
from infra.config import load_stack
from infra.project import Project
from infra.twin.adapters.report import Report
from infra.twin.adapters.translate import Translator


class WrongCheckoutError(Exception):
    """Say that the program would run with the modules of another checkout."""


def synth(project: Project, stack: str, overrides: Mapping[str, Any], report: Report) -> int:
    """Write the plan of a stack."""
    from infra.twin.adapters.monitor import Monitor  # noqa: PLC0415 - Pulumi, once the stack file is good
    from infra.twin.adapters.offline import OfflineCloud  # noqa: PLC0415 - as above
    from infra.twin.adapters.program import run_program  # noqa: PLC0415 - as above

    monitor = Monitor(OfflineCloud(Translator(stack)))
    run_program(project, stack, overrides, monitor, preview=True)
    report.emit("plan", resources=[asdict(resource) for resource in monitor.planned])
    return 0


def main(arguments: Sequence[str]) -> int:
    """Run one command; return the exit code."""
    options = _options(arguments)
    report = Report()
    # A process of seconds: looking for garbage among Pulumi's many classes would take a quarter of them.
    gc.disable()
    try:
        project = Project.find(options.project)
        _same_checkout(project)
        overrides = dict(options.set)
        load_stack(project, options.stack, overrides)
        if options.command == "synth":
            return synth(project, options.stack, overrides, report)
        from infra.twin.adapters.deploy import up  # noqa: PLC0415 - as above

        return up(project, options.stack, overrides, options.twin.resolve(), report, wait=options.wait)
    except Exception as error:  # noqa: BLE001 - the last place: whatever went wrong becomes one line
        code, fix = getattr(error, "code", None), getattr(error, "fix", None)
        report.error(_sentence(error, options.project.resolve()), code, fix)
        return 1


def _same_checkout(project: Project) -> None:
    used = Path(next(iter(infra.__path__))).resolve().parent
    if used != project.root:
        raise WrongCheckoutError(
            f"the program of {project.root} would run with the modules of {used}: "
            "start the adapter in the project's root with PYTHONPATH set to it"
        )


def _sentence(error: Exception, root: Path) -> str:
    """Return an error without a trace; a mistake in the program names its line."""
    if getattr(error, "code", None) is not None:
        return str(error)
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(root / "infra") and "adapters" not in frame.filename
    ]
    place = f"{Path(own[-1].filename).relative_to(root)}:{own[-1].lineno}: " if own else ""
    return f"{place}{type(error).__name__}: {error}"


def _setting(text: str) -> tuple[str, Any]:
    key, found, value = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no KEY=JSON, for instance app.cpu=1")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="inprocess", description="Drive the twin with the Pulumi program.")
    parser.add_argument("command", choices=("up", "synth"))
    parser.add_argument("--project", type=Path, default=Path())
    parser.add_argument("--stack", required=True)
    parser.add_argument("--twin", type=Path, help="the twin's state folder, or its twin.json")
    parser.add_argument("--wait", type=float, default=0.0, help="seconds to wait for a twin that is starting")
    parser.add_argument("--set", action="append", type=_setting, default=[], metavar="KEY=JSON")
    options = parser.parse_args(arguments)
    if options.command == "up" and options.twin is None:
        parser.error("up needs --twin")
    return options


if __name__ == "__main__":
    ended = main(sys.argv[1:])
    # What is frozen is not searched at the interpreter's end, which would take as long as the program.
    gc.freeze()
    sys.exit(ended)
