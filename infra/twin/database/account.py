"""One database account: its store, its clock, its limits, and who may manage it from the data plane."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from infra.twin.database.access.rights import Door
from infra.twin.database.calls import Address
from infra.twin.database.limits import Limits
from infra.twin.database.paging import Pager
from infra.twin.database.problems import not_found, owner_not_found
from infra.twin.database.rows import Container, Database
from infra.twin.database.store import DocumentStore

_SWEEP_SECONDS = 60.0
SERVERLESS_THROUGHPUT = 5000
"""What a serverless container gives a second on one partition (RU/s)."""


@dataclass(kw_only=True)
class Account:
    """Hold what the requests to one account work on."""

    name: str
    store: DocumentStore
    door: Door
    location: str = "westeurope"
    consistency: Callable[[], str] = lambda: "Session"
    serverless: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.time
    limits: Limits = field(default_factory=lambda: Limits(time.time))
    pager: Pager = field(default_factory=Pager)
    _swept: dict[int, float] = field(default_factory=dict)

    @property
    def now(self) -> float:
        """Return the time by which items expire (seconds since the epoch)."""
        return self.clock() + self.limits.faults.clock_offset_seconds

    def database(self, address: Address) -> Database:
        """Return the database that an address names; raise CosmosProblem 404."""
        found = self.store.database(address.database)
        if found is None:
            raise not_found() if address.kind == "dbs" else owner_not_found()
        return found

    def container(self, address: Address) -> Container:
        """Return the container that an address names; raise CosmosProblem 404."""
        found = self.store.container(self.database(address), address.container)
        if found is None:
            raise not_found() if address.kind == "colls" else owner_not_found()
        return found

    def write(self, container: Container) -> int:
        """Note a write in the open transaction, and return its log sequence number.

        Expired documents, which nobody can see, are removed once a minute by the way.
        """
        if self.now - self._swept.get(container.number, 0.0) >= _SWEEP_SECONDS:
            self._swept[container.number] = self.now
            self.store.remove_expired(container, self.now)
        return self.store.advance(container)

    def throughput(self, container: Container) -> tuple[str, int | None]:
        """Return whose RU/s a container uses (its own or its database's), and how many, None for any."""
        own = f"{container.database.name}/{container.name}"
        if self.serverless():
            return own, SERVERLESS_THROUGHPUT
        if container.throughput is not None:
            return own, container.throughput
        return container.database.name, container.database.throughput
