"""Log streams as `az containerapp logs show` reads them, beside ARM and with a token of their own."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from infra.twin.arm.behaviour import ArmProblem
from infra.twin.arm.ids import ResourceId
from infra.twin.identity.tokens import Directory, InvalidTokenError
from infra.twin.runtime.app import ContainerApp
from infra.twin.runtime.console import Console
from infra.twin.runtime.control import STREAM, Running

_APP = "/subscriptions/{subscription}/resourceGroups/{group}/containerApps/{app}"
_REPLICA = _APP + "/revisions/{revision}/replicas/{replica}/containers/{container}"
_SYSTEM = "system: "
_POLL_SECONDS = 0.2
_STANDARD_TAIL, _MOST_LINES = 20, 300
Form = Callable[[str], str | None]


@dataclass(frozen=True)
class LogStreams:
    """Serve what apps print and what happens to them."""

    apps: Running
    directory: Directory

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.get(f"{_REPLICA}/logstream", self._console),
            web.get(f"{_APP}/eventstream", self._events),
        ]

    async def _console(self, request: web.Request) -> web.StreamResponse:
        app = self._app(request)
        found = app.console_of(request.match_info["revision"], request.match_info["replica"])
        if found is None:
            message = f"The replica '{request.match_info['replica']}' does not run."
            raise ArmProblem(404, "ReplicaNotFound", message)
        return await _sent(request, found, _text if request.query.get("output") == "text" else _json)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        app = self._app(request)
        return await _sent(request, app.around.console, lambda line: _event(line, app.name))

    def _app(self, request: web.Request) -> ContainerApp:
        given = request.headers.get("Authorization", "").partition(" ")[2]
        info = request.match_info
        scope = f"/subscriptions/{info['subscription']}/resourceGroups/{info['group']}"
        path = ResourceId(f"{scope}/providers/Microsoft.App/containerApps/{info['app']}")
        try:
            owner = self.directory.verify(given, (STREAM,)).get("sub")
        except InvalidTokenError as error:
            raise ArmProblem(401, "InvalidAuthenticationToken", f"The token is invalid: {error}.") from error
        if owner != path.key:
            raise ArmProblem(403, "AuthorizationFailed", f"The token is not for '{path}'.")
        found = self.apps.running(info["app"])
        if found is None:
            raise ArmProblem(404, "ContainerAppNotFound", f"The app '{info['app']}' does not run.")
        return found


async def _sent(request: web.Request, console: Console, form: Form) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/plain; charset=utf-8"})
    await response.prepare(request)
    _, count = console.since(0)
    lines = [shown for line in console.tail(count) if (shown := form(line)) is not None]
    await _write(response, lines[-_tail(request) :])
    while request.query.get("follow") == "true":
        await asyncio.sleep(_POLL_SECONDS)
        fresh, count = console.since(count)
        await _write(response, [shown for line in fresh if (shown := form(line)) is not None])
    await response.write_eof()
    return response


async def _write(response: web.StreamResponse, lines: list[str]) -> None:
    if lines:
        await response.write("".join(f"{line}\n" for line in lines).encode())


def _tail(request: web.Request) -> int:
    given = request.query.get("tailLines", "")
    return min(max(int(given), 1), _MOST_LINES) if given.isdigit() else _STANDARD_TAIL


def _text(line: str) -> str:
    return line


def _json(line: str) -> str:
    return json.dumps({"TimeStamp": _now(), "Log": line})


def _event(line: str, app: str) -> str | None:
    if not line.startswith(_SYSTEM):
        return None
    event = {"TimeStamp": _now(), "Type": "Normal", "ContainerAppName": app}
    return json.dumps({**event, "Msg": line.removeprefix(_SYSTEM), "Count": 1})


def _now() -> str:
    return datetime.now(UTC).isoformat()
