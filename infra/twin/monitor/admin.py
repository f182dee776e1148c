"""The twin about its telemetry: what arrived, and the traces in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from infra.twin.arm.behaviour import ArmProblem
from infra.twin.monitor.telemetry import Telemetry

_MOST = 200


@dataclass(frozen=True)
class MonitorAdmin:
    """Serve /twin/traces and /twin/telemetry to whoever runs the twin."""

    telemetry: Telemetry
    caller: Callable[[web.Request], str]

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.get("/twin/traces", self._traces),
            web.get("/twin/traces/{operation}", self._trace),
            web.get("/twin/telemetry", self._counts),
        ]

    async def _traces(self, request: web.Request) -> web.Response:
        self.caller(request)
        run = request.query.get("run")
        if run is not None:
            found = self.telemetry.of_run(run)
            return web.json_response({"traces": [] if found is None else [found.model_dump()]})
        traces = self.telemetry.traces(_limit(request), runs_only=request.query.get("of") == "runs")
        return web.json_response({"traces": [trace.model_dump() for trace in traces]})

    async def _trace(self, request: web.Request) -> web.Response:
        self.caller(request)
        operation = request.match_info["operation"]
        spans = self.telemetry.tree(operation)
        if not spans:
            raise ArmProblem(404, "TraceNotFound", f"There is no trace with the operation id '{operation}'.")
        body: dict[str, Any] = {"operation_id": operation, "spans": [span.model_dump() for span in spans]}
        return web.json_response(body)

    async def _counts(self, request: web.Request) -> web.Response:
        self.caller(request)
        return web.json_response({"components": self.telemetry.counts()})


def _limit(request: web.Request) -> int:
    given = request.query.get("limit", "20")
    if not given.isdecimal() or not 1 <= int(given) <= _MOST:
        raise ArmProblem(400, "InvalidLimit", f"limit is {given!r}; it must be 1 to {_MOST}.")
    return int(given)
