"""The twin's Front Door: a port for each endpoint, which passes on to the app of its route with its id."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from infra.findings.model import Finding
from infra.twin.arm.behaviour import Resource, ResourceStore
from infra.twin.arm.ids import ResourceId
from infra.twin.runtime.app import ContainerApp
from infra.twin.runtime.door import Door, Entry
from infra.twin.runtime.ingress import Ingress
from infra.twin.runtime.revision import Revision

HEADER = "X-Azure-FDID"
APPS = "Microsoft.App/containerApps"
ORIGINS = "Microsoft.Cdn/profiles/originGroups/origins"
ROUTES = "Microsoft.Cdn/profiles/afdEndpoints/routes"

Apps = Callable[[str], ContainerApp | None]


@dataclass(frozen=True)
class Way:
    """Know the app behind an endpoint, whichever revision serves it."""

    apps: Apps
    name: str

    def route(self, host: str) -> Revision | None:
        """Return the revision that a request goes to; no label leads through Front Door."""
        del host
        app = self.apps(self.name)
        return app.route("") if app else None


class FrontDoors:
    """Keep the ports of the endpoints, open while a route leads somewhere."""

    def __init__(self, apps: Apps, report: Callable[[Finding], None], door: Callable[[str], Door]) -> None:
        self._apps = apps
        self._door = door
        self._report = report
        self._ports: dict[str, Ingress] = {}
        self.fronts: dict[str, str] = {}
        """The address at which people come to an app, by the app's name in lower case."""

    def address(self, endpoint: ResourceId) -> str:
        """Return the host and port of an endpoint, reserved at first use."""
        return f"localhost:{self._ingress(endpoint).port}"

    async def open(self, state: ResourceStore) -> None:
        """Open again what the state holds; its ports are new ones."""
        for route in state.of_type(ROUTES):
            state.set_properties(route.id.parent, {"hostName": self.address(route.id.parent)})
            await self.lead(route, state)

    async def lead(self, route: Resource, state: ResourceStore) -> None:
        """Open the way of a route; a host that is no app's is told as a finding, since Azure takes any."""
        app = _app_of(route, state)
        if app is None:
            self._report(_no_app(route))
            return
        profile = state.get(route.id.parent.parent)
        own = str(profile.properties.get("frontDoorId", "")) if profile else ""
        ingress = self._ingress(route.id.parent)
        await ingress.close()
        await ingress.open(Way(self._apps, app.name), door=_telling(own, self._door(app.id.path)))
        self._set_front(app.name, f"http://{self.address(route.id.parent)}")

    async def leave(self, route: Resource) -> None:
        """Close the way of a route; its origin may be gone already."""
        address = f"http://{self.address(route.id.parent)}"
        for app in [name for name, front in self.fronts.items() if front == address]:
            self._set_front(app, None)
        await self._ingress(route.id.parent).close()

    async def close(self) -> None:
        """Give every port back."""
        for ingress in self._ports.values():
            await ingress.close()
            ingress.release()
        self._ports.clear()

    def _set_front(self, app: str, address: str | None) -> None:
        self.fronts.pop(app.lower(), None)
        if address is not None:
            self.fronts[app.lower()] = address
        if (running := self._apps(app)) is not None:
            running.front = address

    def _ingress(self, endpoint: ResourceId) -> Ingress:
        if endpoint.key not in self._ports:
            self._ports[endpoint.key] = Ingress()
        return self._ports[endpoint.key]


def _telling(front_door_id: str, own: Door) -> Door:
    """Return the app's own door, which is told whose request it is."""

    def door(request: web.BaseRequest) -> Entry:
        entry = own(request)
        return entry if isinstance(entry, web.Response) else {**entry, HEADER: front_door_id}

    return door


def _app_of(route: Resource, state: ResourceStore) -> Resource | None:
    group = str((route.properties.get("originGroup") or {}).get("id") or "").lower()
    hosts = {
        str(origin.properties.get("hostName") or "").lower()
        for origin in state.of_type(ORIGINS)
        if origin.id.parent.key == ResourceId(group).key
    }
    return next((app for app in state.of_type(APPS) if _host_of(app.properties) in hosts), None)


def _host_of(properties: dict[str, Any]) -> str:
    ingress = (properties.get("configuration") or {}).get("ingress") or {}
    return str(ingress.get("fqdn") or "no host").lower()


def _no_app(route: Resource) -> Finding:
    return Finding(
        code="ST036",
        resource=route.id.path,
        message=f"The route '{route.name}' leads to a host that is no container app's. Azure accepts that "
        "and answers 503 to everybody, for its health probes fail.",
        fix="Set the origin's hostName and originHostHeader to the app's ingress.fqdn.",
    )
