"""A vault over HTTPS, as Key Vault's REST interface for secrets has it."""

import logging
import socket
import ssl
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from infra.twin import farewell
from infra.twin.guard import known_hosts
from infra.twin.vault.access import (
    AUDIENCE,
    DELETE,
    GET,
    PURGE,
    READ_METADATA,
    RECOVER,
    SET,
    UPDATE,
    VaultDoor,
)
from infra.twin.vault.problems import VaultProblem, bad_parameter
from infra.twin.vault.secrets import Secrets

_MAX_BODY = 256 * 1024
_SHUTDOWN_SECONDS = 1.0
_log = logging.getLogger(__name__)

Answer = Callable[[web.Request, str], dict[str, Any] | None]


class VaultEndpoint:
    """Serve one vault on sockets that listen already."""

    def __init__(self, secrets: Secrets, door: VaultDoor, host_gateway: str | None = None) -> None:
        self._secrets = secrets
        self._door = door
        app = web.Application(client_max_size=_MAX_BODY, middlewares=[known_hosts(host_gateway)])
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)

    async def start(self, sockets: Sequence[socket.socket], context: Callable[[], ssl.SSLContext]) -> None:
        """Answer on these sockets from now on."""
        await self._runner.setup()
        for held in sockets:
            await web.SockSite(self._runner, held, ssl_context=context()).start()

    async def close(self) -> None:
        """Close connections and sockets."""
        await farewell.close(self._runner)

    def _routes(self) -> list[web.RouteDef]:
        kept = self._secrets
        one, version = "/secrets/{name}", r"/secrets/{name}/{version:[0-9a-fA-F]*}"
        gone = "/deletedsecrets/{name}"
        return [
            web.get("/secrets", self._answering(READ_METADATA, lambda _, __: kept.list())),
            web.put(one, self._writing(SET, lambda name, _, body: kept.set(name, body))),
            web.get(one, self._answering(GET, lambda _, name: kept.get(name, ""))),
            web.get(f"{one}/versions", self._answering(READ_METADATA, lambda _, name: kept.versions(name))),
            web.get(
                version,
                self._answering(GET, lambda request, name: kept.get(name, request.match_info["version"])),
            ),
            web.patch(version, self._writing(UPDATE, kept.update)),
            web.patch(one, self._writing(UPDATE, kept.update)),
            web.delete(one, self._answering(DELETE, lambda _, name: kept.delete(name))),
            web.get("/deletedsecrets", self._answering(READ_METADATA, lambda _, __: kept.list_deleted())),
            web.get(gone, self._answering(READ_METADATA, lambda _, name: kept.get_deleted(name))),
            web.post(f"{gone}/recover", self._answering(RECOVER, lambda _, name: kept.recover(name))),
            web.delete(gone, self._answering(PURGE, lambda _, name: kept.purge(name))),
            web.route("*", "/{path:.*}", self._unknown),
        ]

    def _answering(self, action: str, answer: Answer) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            return self._answered(request, action, answer)

        return handle

    def _writing(
        self, action: str, write: Callable[[str, str, bytes], dict[str, Any]]
    ) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            version = request.match_info.get("version", "")
            return self._answered(request, action, lambda _, name: write(name, version, body))

        return handle

    def _answered(self, request: web.Request, action: str, answer: Answer) -> web.Response:
        name = request.match_info.get("name", "")
        try:
            self._door.enter(request.headers.get("Authorization", ""), action, name)
            if "api-version" not in request.query:
                raise bad_parameter("api-version must be specified")
            body = answer(request, name)
        except VaultProblem as problem:
            return self._refused(problem)
        except OSError as error:
            _log.error("a vault could not be saved: %s", error.strerror)
            return self._refused(VaultProblem(500, "InternalServerError", f"not saved: {error.strerror}"))
        if body is None:
            return web.Response(status=204, headers=_headers())
        return web.json_response(body, headers=_headers())

    async def _unknown(self, request: web.Request) -> web.Response:
        message = f"the twin's vault knows secrets alone, not {request.method} {request.path[:200]}"
        return self._refused(VaultProblem(404, "NotFound", message))

    def _refused(self, problem: VaultProblem) -> web.Response:
        headers = _headers()
        if problem.status == 401:  # noqa: PLR2004 - HTTP's own number
            authority = self._door.challenge()
            headers["WWW-Authenticate"] = f'Bearer authorization="{authority}", resource="{AUDIENCE}"'
        return web.json_response(problem.wire(), status=problem.status, headers=headers)


def _headers() -> dict[str, str]:
    return {
        "x-ms-request-id": str(uuid.uuid4()),
        "x-ms-keyvault-service-version": "1.9.0.0",
        "Cache-Control": "no-cache",
    }
