"""A cloud that is the local twin: each resource becomes a PUT to its ARM."""

import time
from threading import Lock
from typing import Any

from infra.plan import PlannedResource
from infra.twin.adapters.journal import Journal, Made
from infra.twin.adapters.monitor import InvokeError
from infra.twin.adapters.report import Report
from infra.twin.adapters.translate import ArmCall, Translator
from infra.twin.client import ArmClient, ArmError


class TwinCloud:
    """Make resources in the twin, reporting each; failures are kept, since Pulumi tells only of the first."""

    def __init__(self, client: ArmClient, translator: Translator, journal: Journal, report: Report) -> None:
        self._client = client
        self._translator = translator
        self._journal = journal
        self._report = report
        self._lock = Lock()
        self.failures: list[tuple[PlannedResource, ArmError]] = []

    def register(self, resource: PlannedResource) -> tuple[str, dict[str, Any]]:
        """Make one resource and wait until it is there; raise ArmError."""
        call = self._translator.call(resource.type, resource.name, resource.inputs)
        self._say(resource, call, "creating", 0.0)
        begun = time.monotonic()
        try:
            answer = self._client.put(call.id, call.body, call.api_version)
        except ArmError as error:
            self._say(resource, call, "failed", time.monotonic() - begun)
            with self._lock:
                self.failures.append((resource, error))
            raise
        made = Made(
            urn=resource.urn, type=resource.type, name=resource.name, id=call.id, api_version=call.api_version
        )
        self._journal.add(made)
        self._say(resource, call, "created", time.monotonic() - begun)
        return call.id, self._translator.outputs(resource.type, answer)

    def invoke(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return a resource that exists, as the SDK's function for its type does."""
        call = self._translator.reading(token, arguments)
        try:
            answer = self._client.get(call.id, call.api_version)
        except ArmError as error:
            raise InvokeError(str(error)) from error
        return self._translator.outputs(call.token, answer)

    def prune(self) -> None:
        """Delete what the program no longer asks for, in the reverse order of its making."""
        for made in self._journal.vanished():
            begun = time.monotonic()
            self._client.delete(made.id, made.api_version)
            self._journal.remove(made)
            seconds = round(time.monotonic() - begun, 3)
            self._report.emit(
                "resource", type=made.type, name=made.name, id=made.id, status="deleted", seconds=seconds
            )

    def _say(self, resource: PlannedResource, call: ArmCall, status: str, seconds: float) -> None:
        self._report.emit(
            "resource",
            type=resource.type,
            name=resource.name,
            id=call.id,
            status=status,
            seconds=round(seconds, 3),
        )
