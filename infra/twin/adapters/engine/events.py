"""From the engine's events to the lines that an adapter speaks."""

import re
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from pulumi.automation.events import EngineEvent

from infra.plan import PlannedResource
from infra.twin.adapters.monitor import plain
from infra.twin.adapters.report import Report

_COLOUR = re.compile(r"<\{%.*?%\}>")
_DONE = {
    "create": "created",
    "create-replacement": "created",
    "update": "updated",
    "delete": "deleted",
    "delete-replaced": "deleted",
    "replace": "replaced",
    "refresh": "read",
    "read": "read",
    "import": "imported",
    "same": "unchanged",
}
_ENGINES_OWN = "pulumi:"


@dataclass
class Told:
    """Tell a report what the engine does, and keep what it planned, what it did and what went wrong."""

    report: Report
    planned: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _since: dict[str, float] = field(default_factory=dict)

    def hear(self, event: EngineEvent) -> None:
        """Take one event."""
        if event.resource_pre_event is not None:
            self._begin(event.resource_pre_event.metadata, planning=bool(event.resource_pre_event.planning))
        elif event.res_outputs_event is not None:
            self._end(event.res_outputs_event.metadata)
        elif event.res_op_failed_event is not None:
            self._emit(event.res_op_failed_event.metadata, "failed")
        elif event.diagnostic_event is not None:
            self._said(event.diagnostic_event)

    def _begin(self, metadata: Any, *, planning: bool) -> None:
        self._since[metadata.urn] = time.monotonic()
        if planning:
            self._plan(metadata)
            self._step(metadata)
        elif metadata.op not in {"same", "refresh"}:
            self._emit(metadata, "deleting" if "delete" in metadata.op else "creating")

    def _plan(self, metadata: Any) -> None:
        wanted = metadata.new
        if wanted is None or not wanted.custom or wanted.type.startswith(_ENGINES_OWN):
            return
        name, inputs = wanted.urn.rpartition("::")[2], plain(dict(wanted.inputs or {}))
        planned = asdict(PlannedResource(type=wanted.type, name=name, inputs=inputs, urn=wanted.urn))
        if planned not in self.planned:
            self.planned.append(planned)

    def _end(self, metadata: Any) -> None:
        self._step(metadata)
        status = _DONE.get(str(metadata.op.value), str(metadata.op.value))
        if status != "unchanged":
            self._emit(metadata, status)

    def _step(self, metadata: Any) -> None:
        if metadata.type.startswith(_ENGINES_OWN):
            return
        differing = sorted(metadata.detailed_diff or {})
        name = metadata.urn.rpartition("::")[2]
        step = {"op": str(metadata.op.value), "type": metadata.type, "name": name, "differs": differing}
        if step not in self.steps:
            self.steps.append(step)

    def _emit(self, metadata: Any, status: str) -> None:
        if not metadata.type.startswith("azure-native:"):
            return
        state = metadata.new or metadata.old
        self.report.emit(
            "resource",
            type=metadata.type,
            name=metadata.urn.rpartition("::")[2],
            id=(state.id if state else "") or "",
            status=status,
            seconds=round(time.monotonic() - self._since.get(metadata.urn, time.monotonic()), 3),
        )

    def _said(self, event: Any) -> None:
        message = _COLOUR.sub("", event.message).strip()
        if event.ephemeral or not message:
            return
        if event.severity == "error":
            self.errors.append(message)
        elif event.severity in {"info", "info#err", "warning"} and "from $PATH at" not in message:
            self.report.emit("progress", message=message)
