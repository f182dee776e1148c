"""The monitor as the twin sees it: whether the verified run's trace arrived, and why not."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from infra.findings.model import Finding
from infra.rehearsal.report import TelemetryEvidence
from infra.twin.client import TwinClient
from infra.verify.report import VerifyReport

# What Azure refuses while the app runs on: told, and no reason to stop.
LOST = frozenset({"ST040", "ST041"})
WAIT_SECONDS = 0.2
_COMPONENT = "microsoft.insights/components"
_POLL_SECONDS = 0.05


def watched(status: Mapping[str, Any]) -> bool:
    """Say whether the stack has a component that telemetry could go to."""
    return any(one["type"].lower() == _COMPONENT for one in status.get("resources", ()))


def lost(findings: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Return the twin's findings that say that telemetry was refused."""
    return [Finding.model_validate(one) for one in findings if one["code"] in LOST]


async def look(twin: TwinClient, proof: VerifyReport) -> TelemetryEvidence | None:
    """Return what arrived of the verified run's trace, waiting 0.2 s at most; None without such a run."""
    run_id = _verified_run(proof)
    if run_id is None:
        return None
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while not (traces := await asyncio.to_thread(twin.traces, 1, run_id)):
        if asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(_POLL_SECONDS)
    tables = (await asyncio.to_thread(twin.telemetry))["components"].values()
    trace = traces[0] if traces else {}
    return TelemetryEvidence(
        run_id=run_id,
        operation_id=trace.get("operation_id"),
        component=trace.get("component"),
        spans=trace.get("spans", 0),
        rows=sum(sum(counts.values()) for counts in tables),
    )


def _verified_run(proof: VerifyReport) -> str | None:
    found = (check.evidence.get("run_id") for check in proof.checks if check.name == "message")
    return next((str(one) for one in found if one), None)
