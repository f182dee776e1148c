"""Deploy a stack to a running twin."""

import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import infra.components
from infra.plan import Plan, PlannedResource
from infra.project import Project
from infra.twin.adapters.journal import Journal
from infra.twin.adapters.monitor import Monitor
from infra.twin.adapters.policed import PolicedCloud, limits_for, tell_refusals, tell_whole
from infra.twin.adapters.program import run_program
from infra.twin.adapters.report import Report, program_log
from infra.twin.adapters.translate import Translator
from infra.twin.adapters.twin_cloud import TwinCloud
from infra.twin.client import ArmClient, ArmError, TwinAddress, TwinUnreachableError

JOURNAL = "deployment.json"
_POLL_SECONDS = 0.02


def up(
    project: Project,
    stack: str,
    overrides: Mapping[str, Any],
    twin: Path,
    report: Report,
    *,
    wait: float = 0.0,
) -> int:
    """Run the program against the twin whose state folder (or twin.json) this is; return the exit code.

    A twin that is just starting is waited for, while what takes longest is loaded.
    """
    state = twin if twin.is_dir() else twin.parent
    if wait:
        _load_components()
    limits = limits_for(project, stack, overrides)
    address = _arrived(state, wait)
    _become_operator(address)
    with ArmClient(address, timeout=60.0) as client:
        cloud = TwinCloud(client, Translator(stack), Journal(state / JOURNAL), report)
        policed = PolicedCloud(cloud, stack, limits)
        monitor = Monitor(policed)
        try:
            outputs = run_program(project, stack, overrides, monitor, preview=False, log=program_log(report))
            cloud.prune()
        except Exception as error:
            if tell_refusals(project, overrides, policed, report):
                return 1
            if not cloud.failures and not isinstance(error, ArmError):
                raise
            failures: list[tuple[PlannedResource | None, Exception]] = [*cloud.failures]
            for resource, failure in failures or [(None, error)]:
                _tell(resource, failure, report)
            return 1
    if not tell_whole(Plan(stack=stack, resources=tuple(monitor.planned)), limits, report):
        return 1
    report.emit("plan", resources=[asdict(resource) for resource in monitor.planned])
    report.emit("outputs", outputs=outputs)
    return 0


def _load_components() -> None:
    """Import the program's parts, and with them the provider's modules: seconds that the twin needs too."""
    for module in iter_modules(infra.components.__path__, "infra.components."):
        import_module(module.name)


def _arrived(state: Path, wait: float) -> TwinAddress:
    deadline = time.monotonic() + wait
    while True:
        try:
            return TwinAddress.read(state)
        except TwinUnreachableError:
            if time.monotonic() >= deadline:
                raise
        time.sleep(_POLL_SECONDS)


def _tell(resource: PlannedResource | None, failure: Exception, report: Report) -> None:
    findings = failure.findings if isinstance(failure, ArmError) else ()
    for finding in findings:
        report.finding(finding)
    what = "" if resource is None else f"{resource.name} ({resource.type}): "
    report.error(f"{what}{failure}", findings[0].code if findings else None)


def _become_operator(address: TwinAddress) -> None:
    """Let azure-identity find the twin's operator, whose tokens the program needs to push an image."""
    os.environ.update(
        IDENTITY_ENDPOINT=address.identity_endpoint,
        IDENTITY_HEADER=address.operator_identity_header,
        AZURE_TOKEN_CREDENTIALS="ManagedIdentityCredential",  # noqa: S106 - a kind of credential, no secret
    )
