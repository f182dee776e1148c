"""Tenants, subscriptions, locations and providers: what clients ask before they ask for resources."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from infra.twin.arm import problems
from infra.twin.arm.ids import ResourceId
from infra.twin.arm.places import REGIONS
from infra.twin.arm.service import ArmService
from infra.twin.guard import Gatekeeper

_SHOWN = ("id", "name", "type", "kind", "location", "sku", "tags", "identity")


@dataclass(frozen=True)
class Tenancy:
    """Serve what lies above resource groups."""

    service: ArmService
    gate: Gatekeeper

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.get("/tenants", self._tenants),
            web.get("/subscriptions", self._subscriptions),
            web.get("/subscriptions/{id}", self._subscription),
            web.get("/subscriptions/{id}/locations", self._locations),
            web.get("/subscriptions/{id}/providers", self._providers),
            web.get("/subscriptions/{id}/providers/{namespace}", self._provider),
            web.post("/subscriptions/{id}/providers/{namespace}/register", self._provider),
            web.get("/subscriptions/{id}/resources", self._resources),
            web.get("/subscriptions/{id}/resourceGroups/{group}/resources", self._resources),
            web.get("/subscriptions/{id}/resourcegroups/{group}/resources", self._resources),
        ]

    async def _tenants(self, request: web.Request) -> web.Response:
        self.gate.identify(request)
        own = self.service.tenant
        tenant = {"id": f"/tenants/{own}", "tenantId": own, "displayName": "Sea Trial twin"}
        return web.json_response({"value": [{**tenant, "tenantCategory": "Home"}]})

    async def _subscriptions(self, request: web.Request) -> web.Response:
        seen = self.gate.sees(self.gate.identify(request))
        return web.json_response({"value": [self._own()] if seen else []})

    async def _subscription(self, request: web.Request) -> web.Response:
        self._enter(request)
        return web.json_response(self._own())

    def _enter(self, request: web.Request) -> None:
        self.gate(request)
        if request.match_info["id"].lower() != self.service.subscription.lower():
            raise problems.subscription_not_found(request.match_info["id"])

    def _own(self) -> dict[str, Any]:
        own = self.service.subscription
        return {
            "id": f"/subscriptions/{own}",
            "subscriptionId": own,
            "tenantId": self.service.tenant,
            "displayName": "Sea Trial twin",
            "state": "Enabled",
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
        }

    async def _locations(self, request: web.Request) -> web.Response:
        self._enter(request)
        listed = [
            {
                "id": f"/subscriptions/{self.service.subscription}/locations/{region}",
                "name": region,
                "type": "Region",
                "displayName": region,
                "regionalDisplayName": region,
                "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
            }
            for region in sorted(REGIONS)
        ]
        return web.json_response({"value": listed})

    async def _providers(self, request: web.Request) -> web.Response:
        self._enter(request)
        names = sorted({kind.name.partition("/")[0] for kind in self.service.table.resources.values()})
        return web.json_response({"value": [self._shown(name) for name in names]})

    async def _provider(self, request: web.Request) -> web.Response:
        self._enter(request)
        return web.json_response(self._shown(request.match_info["namespace"]))

    def _shown(self, namespace: str) -> dict[str, Any]:
        kinds = [
            kind
            for kind in self.service.table.resources.values()
            if kind.name.lower().startswith(f"{namespace.lower()}/")
        ]
        if not kinds:
            raise problems.unknown_provider(namespace)
        listed = [
            {
                "resourceType": kind.name.partition("/")[2],
                "apiVersions": sorted(kind.api_versions, reverse=True),
                "locations": sorted(REGIONS),
            }
            for kind in kinds
        ]
        own = f"/subscriptions/{self.service.subscription}/providers/{namespace}"
        return {
            "id": own,
            "namespace": kinds[0].name.partition("/")[0],
            "registrationState": "Registered",
            "registrationPolicy": "RegistrationRequired",
            "resourceTypes": listed,
        }

    async def _resources(self, request: web.Request) -> web.Response:
        self._enter(request)
        scope = ResourceId(request.path.rstrip("/").rsplit("/", 1)[0])
        if "group" in request.match_info and self.service.store.get(scope) is None:
            raise problems.group_not_found(scope)
        found = [
            {key: resource.body[key] for key in _SHOWN if key in resource.body}
            for resource in self.service.store.below(scope)
            if resource.id.namespace.lower() not in {"microsoft.resources", "microsoft.authorization"}
        ]
        return web.json_response({"value": list(_filtered(found, request.query.get("$filter", "")))})


def _filtered(found: Iterable[dict[str, Any]], text: str) -> Iterator[dict[str, Any]]:
    """Keep what a filter of the form `name eq 'x' and resourceType eq 'y'` lets through."""
    wanted = [part.split(" eq ", 1) for part in text.split(" and ") if " eq " in part]
    for resource in found:
        if all(_is(resource, key.strip().lower(), value.strip(" '").lower()) for key, value in wanted):
            yield resource


def _is(resource: dict[str, Any], key: str, value: str) -> bool:
    if key == "resourcegroup":
        group = ResourceId(resource["id"]).group
        return group is not None and group.name.lower() == value
    return str(resource.get("type" if key == "resourcetype" else key, "")).lower() == value
