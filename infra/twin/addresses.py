"""Addresses of resources that answer for themselves: a port each, the same after a restart."""

import socket
from dataclasses import dataclass

from infra.twin.arm.behaviour import ResourceStore
from infra.twin.arm.ids import ResourceId
from infra.twin.ports import Sockets


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Hold the ports of one kind of resource, on the loopback address and on the bridge."""

    kind: str
    sockets: Sockets
    gateway: str | None

    def bind(self, state: ResourceStore, resource_type: str) -> None:
        """Listen for what the state holds, before addresses are compared with the last start's."""
        for resource in state.of_type(resource_type):
            self.sockets.bind(self._role(resource.id), 0, self.gateway)

    def of(self, resource: ResourceId) -> str:
        """Return a resource's address; its port is bound from here on, and remembered."""
        role = self._role(resource)
        if not self.sockets.holds(role):
            self.sockets.bind(role, 0, self.gateway)
            self.sockets.remember()
        return f"https://localhost:{self.sockets.port(role)}"

    def held(self, resource: ResourceId) -> list[socket.socket]:
        """Return the sockets of a resource that has an address."""
        return self.sockets.of(self._role(resource))

    def release(self, resource: ResourceId) -> None:
        """Give a resource's port up, and forget it."""
        self.sockets.release(self._role(resource))
        self.sockets.remember()

    def _role(self, resource: ResourceId) -> str:
        return f"{self.kind}:{resource.key}"
