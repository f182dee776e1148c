"""ARM over HTTP: paths, authentication, ARM's error form."""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from infra.twin.arm.answers import PAUSE_MS, Answer
from infra.twin.arm.behaviour import ArmProblem
from infra.twin.arm.extras import Call
from infra.twin.arm.ids import MalformedIdError, ResourceId
from infra.twin.arm.operations import Operation
from infra.twin.arm.service import ArmService
from infra.twin.guard import Gatekeeper

_log = logging.getLogger(__name__)
MAX_BODY = 4 * 1024 * 1024
_MAX_DEPTH = 64


@dataclass(frozen=True)
class ArmHttp:
    """Translate HTTP requests into calls of ArmService; `gate` knows callers and their roles."""

    service: ArmService
    gate: Gatekeeper

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes of ARM; the catch-all for resources comes last."""
        return [
            web.get("/{scope:.*}/locations/twin/operationStatuses/{name}", self._status),
            web.get("/{scope:.*}/locations/twin/operationResults/{name}", self._result),
            web.route("*", "/{path:.*}", self._resource),
        ]

    async def _status(self, request: web.Request) -> web.Response:
        headers = {"retry-after-ms": str(PAUSE_MS)}
        return web.json_response(self._operation(request).wire(), headers=headers)

    async def _result(self, request: web.Request) -> web.Response:
        answer = self.service.result(self._operation(request))
        waiting = {"Location": str(request.url), "retry-after-ms": str(PAUSE_MS)}
        headers = waiting if answer.body is None and answer.status == web.HTTPAccepted.status_code else {}
        return _sent(request, replace(answer, headers=headers))

    def _operation(self, request: web.Request) -> Operation:
        self.gate.identify(request)
        operation = self.service.operations.get(request.match_info["name"])
        if operation is None:
            raise ArmProblem(
                404, "OperationNotFound", f"There is no operation '{request.match_info['name']}'."
            )
        return operation

    async def _resource(self, request: web.Request) -> web.Response:
        caller = self.gate(request)
        path = ResourceId("/" + request.path.strip("/"))
        version = request.query.get("api-version")
        extra = await self._extra(request, path, version)
        if extra is not None:
            return _sent(request, extra)
        if path.is_collection and request.method == "GET":
            return _sent(request, self.service.collection(path, version))
        try:
            resource_id = ResourceId.parse(request.path)
        except MalformedIdError as error:
            raise ArmProblem(400, "InvalidResourceId", str(error)) from error
        return _sent(request, await self._apply(request, resource_id, version, caller))

    async def _extra(self, request: web.Request, path: ResourceId, version: str | None) -> Answer | None:
        body = await _body(request) if request.method == "POST" and request.can_read_body else {}
        call = Call(
            method=request.method, path=path, owner=None, rest=(), body=body, query=dict(request.query)
        )
        return await self.service.beside(call, version)

    async def _apply(
        self, request: web.Request, resource_id: ResourceId, version: str | None, caller: str
    ) -> Answer:
        service = self.service
        match request.method:
            case "GET":
                return service.get(resource_id, version)
            case "HEAD":
                return service.exists(resource_id, version)
            case "PUT":
                service.check_match(resource_id, request.headers)
                return await service.put(resource_id, await _body(request), version, caller)
            case "PATCH":
                return await service.patch(resource_id, await _body(request), version, caller)
            case "DELETE":
                return await service.delete(resource_id, version)
        message = f"The HTTP method '{request.method}' is not supported at scope '{resource_id}'."
        raise ArmProblem(405, "HttpMethodNotSupported", message)


async def _body(request: web.Request) -> dict[str, Any]:
    raw = await request.read()
    try:
        body = json.loads(raw, parse_constant=_refuse_constant)
        _check_depth(body)
    except (ValueError, RecursionError) as error:
        message = f"The request content was invalid and could not be deserialized: '{error}'."
        raise ArmProblem(400, "InvalidRequestContent", message) from error
    if not isinstance(body, dict):
        message = f"The request content must be a JSON object; it is {type(body).__name__}."
        raise ArmProblem(400, "InvalidRequestContent", message)
    return body


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _check_depth(value: Any, depth: int = 0) -> None:
    if depth > _MAX_DEPTH:
        raise ValueError(f"nested deeper than {_MAX_DEPTH} levels")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _check_depth(item, depth + 1)


def _sent(request: web.Request, answer: Answer) -> web.Response:
    headers = dict(answer.headers)
    for name in ("Azure-AsyncOperation", "Location"):
        if headers.get(name, "").startswith("/"):
            headers[name] = f"{request.scheme}://{request.host}{headers[name]}"
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    return web.json_response(answer.body, status=answer.status, headers=headers)


@web.middleware
async def arm_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Give every error ARM's form; log what is the twin's own fault."""
    try:
        return await handler(request)
    except ArmProblem as problem:
        return web.json_response({"error": problem.wire()}, status=problem.status)
    except web.HTTPException as error:
        code = (
            "RequestEntityTooLarge"
            if error.status == web.HTTPRequestEntityTooLarge.status_code
            else "BadRequest"
        )
        return web.json_response(
            {"error": {"code": code, "message": error.text or error.reason}}, status=error.status
        )
    except Exception:  # noqa: BLE001 - the boundary: logged whole, answered as ARM does
        _log.exception("%s %s broke", request.method, request.path)
        body = {"error": {"code": "InternalServerError", "message": "The twin failed; its log says why."}}
        return web.json_response(body, status=500)
