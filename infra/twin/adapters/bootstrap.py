"""The bootstrap's program in-process: `python -m infra.twin.adapters.bootstrap synth|up --settings JSON`.

Speaks the same JSON lines on standard output as the in-process adapter and exits 0 or 1.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from infra.bootstrap.config import NAMESPACE, BootstrapConfig
from infra.bootstrap.subjects import STACK
from infra.project import Project
from infra.twin.adapters.journal import Journal
from infra.twin.adapters.monitor import Monitor
from infra.twin.adapters.offline import OfflineCloud
from infra.twin.adapters.program import Program, run_folder
from infra.twin.adapters.report import Report
from infra.twin.adapters.translate import Translator
from infra.twin.adapters.twin_cloud import TwinCloud
from infra.twin.client import ArmClient

FOLDER = "bootstrap"


def synth(program: Program, report: Report) -> None:
    """Write what the program asks for; nothing is asked of anyone."""
    monitor = Monitor(OfflineCloud(Translator(STACK)))
    run_folder(program, monitor, preview=True)
    report.emit("plan", resources=[asdict(resource) for resource in monitor.planned])


def up(program: Program, twin: Path, report: Report) -> None:
    """Make everything in the twin whose state folder this is, and write the outputs."""
    with ArmClient.connect(twin) as client:
        cloud = TwinCloud(client, Translator(STACK), Journal(twin / "bootstrap.json"), report)
        monitor = Monitor(cloud)
        outputs = run_folder(program, monitor, preview=False)
        cloud.prune()
    report.emit("plan", resources=[asdict(resource) for resource in monitor.planned])
    report.emit("outputs", outputs=outputs)


def main(arguments: Sequence[str]) -> int:
    """Run one command; return the exit code."""
    parser = argparse.ArgumentParser(prog="bootstrap", description="Run the bootstrap's program.")
    parser.add_argument("command", choices=("synth", "up"))
    parser.add_argument("--project", type=Path, default=Path())
    parser.add_argument("--settings", required=True, help="the settings as JSON")
    parser.add_argument("--twin", type=Path, help="the twin's state folder")
    options = parser.parse_args(arguments)
    report = Report()
    try:
        config = BootstrapConfig.model_validate_json(options.settings)
        told = json.dumps(config.model_dump(mode="json", by_alias=True))
        folder = Project.find(options.project).program / FOLDER
        program = Program(folder=folder, stack=STACK, config={f"{NAMESPACE}:settings": told})
        if options.command == "synth":
            synth(program, report)
        else:
            up(program, options.twin.resolve(), report)
    except Exception as error:  # noqa: BLE001 - the last place: whatever went wrong becomes one line
        report.error(str(error), getattr(error, "code", None), getattr(error, "fix", None))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
