"""ARM over HTTP: paths, authentication, ARM's error form."""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from infra.twin.arm import problems
from infra.twin.arm.behaviour import ArmProblem
from infra.twin.arm.ids import MalformedIdError, ResourceId
from infra.twin.arm.service import Answer, ArmService

_log = logging.getLogger(__name__)
MAX_BODY = 4 * 1024 * 1024
_MAX_DEPTH = 64

Caller = Callable[[web.Request], str]


@dataclass(frozen=True)
class ArmHttp:
    """Translate HTTP requests into calls of ArmService; `caller` authenticates, or raises ArmProblem."""

    service: ArmService
    caller: Caller

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes of ARM; the catch-all for resources comes last."""
        return [
            web.get("/subscriptions", self._subscriptions),
            web.get("/subscriptions/{id}", self._subscription),
            web.get("/subscriptions/{id}/providers/{namespace}", self._provider),
            web.get("/subscriptions/{id}/resourceGroups/{group}/resources", self._resources),
            web.get("/{scope:.*}/locations/twin/operationStatuses/{name}", self._operation),
            web.route("*", "/{path:.*}", self._resource),
        ]

    async def _subscriptions(self, request: web.Request) -> web.Response:
        self.caller(request)
        return web.json_response({"value": [self._own_subscription()]})

    async def _subscription(self, request: web.Request) -> web.Response:
        self.caller(request)
        if request.match_info["id"].lower() != self.service.subscription.lower():
            raise problems.subscription_not_found(request.match_info["id"])
        return web.json_response(self._own_subscription())

    def _own_subscription(self) -> dict[str, Any]:
        own = self.service.subscription
        return {
            "id": f"/subscriptions/{own}",
            "subscriptionId": own,
            "tenantId": self.service.tenant,
            "displayName": "Sea Trial twin",
            "state": "Enabled",
        }

    async def _provider(self, request: web.Request) -> web.Response:
        self.caller(request)
        namespace = request.match_info["namespace"]
        kinds = [
            kind
            for kind in self.service.table.resources.values()
            if kind.name.lower().startswith(f"{namespace.lower()}/")
        ]
        if not kinds:
            raise problems.unknown_provider(namespace)
        listed = [
            {"resourceType": kind.name.partition("/")[2], "apiVersions": list(kind.api_versions)}
            for kind in kinds
        ]
        own = f"/subscriptions/{self.service.subscription}/providers/{namespace}"
        return web.json_response(
            {"id": own, "namespace": namespace, "registrationState": "Registered", "resourceTypes": listed}
        )

    async def _resources(self, request: web.Request) -> web.Response:
        self.caller(request)
        group = ResourceId.parse(request.path.rsplit("/", 1)[0])
        if self.service.store.get(group) is None:
            raise problems.group_not_found(group)
        shown = ("id", "name", "type", "location", "tags")
        found = [
            {key: resource.body[key] for key in shown if key in resource.body}
            for resource in self.service.store.below(group)
        ]
        return web.json_response({"value": found})

    async def _operation(self, request: web.Request) -> web.Response:
        self.caller(request)
        operation = self.service.operations.get(request.match_info["name"])
        if operation is None:
            raise ArmProblem(
                404, "OperationNotFound", f"There is no operation '{request.match_info['name']}'."
            )
        return web.json_response(operation.wire())

    async def _resource(self, request: web.Request) -> web.Response:
        caller = self.caller(request)
        path = ResourceId("/" + request.path.strip("/"))
        version = request.query.get("api-version")
        if path.is_collection and request.method == "GET":
            return _sent(request, self.service.collection(path, version))
        try:
            resource_id = ResourceId.parse(request.path)
        except MalformedIdError as error:
            raise ArmProblem(400, "InvalidResourceId", str(error)) from error
        return _sent(request, await self._apply(request, resource_id, version, caller))

    async def _apply(
        self, request: web.Request, resource_id: ResourceId, version: str | None, caller: str
    ) -> Answer:
        service = self.service
        match request.method:
            case "GET" | "HEAD":
                return service.get(resource_id, version)
            case "PUT":
                service.check_match(resource_id, request.headers)
                return await service.put(resource_id, await _body(request), version, caller)
            case "PATCH":
                return await service.patch(resource_id, await _body(request), version, caller)
            case "DELETE":
                return service.delete(resource_id, version)
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
    if "Azure-AsyncOperation" in headers:
        headers["Azure-AsyncOperation"] = (
            f"{request.scheme}://{request.host}{headers['Azure-AsyncOperation']}"
        )
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
