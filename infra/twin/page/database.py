"""The database: accounts, containers, documents by partition key, and modelled charges."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.twin.database.account import Account
from infra.twin.database.rows import Container
from infra.twin.page.model import AccountRow, ContainerRow, Cost, Listing, Partition, clipped, first

MOST_ACCOUNTS, MOST_CONTAINERS, MOST_PARTITIONS = 10, 30, 20
_ANEW_SECONDS = 30.0


@dataclass(frozen=True)
class Census:
    """Hold what was counted in one container: documents, their bytes, and the keys last written."""

    documents: int
    bytes: int
    partitions: Listing[Partition]


@dataclass
class Censuses:
    """Count a container again after it was written to, else every half minute: documents expire."""

    _known: dict[tuple[str, str], tuple[tuple[int, int], Census]] = field(default_factory=dict)

    def of(self, account: Account, container: Container) -> Census:
        """Return what a container holds."""
        place = (account.name, container.rid)
        version = (container.lsn, math.floor(account.now / _ANEW_SECONDS))
        known = self._known.get(place)
        if known is None or known[0] != version:
            known = (version, census(account, container))
            self._known[place] = known
        return known[1]


def account_rows(places: Mapping[str, tuple[str, Account]], censuses: Censuses) -> Listing[AccountRow]:
    """Return the accounts, given endpoint and account by name."""
    found = (_account(endpoint, account, censuses) for endpoint, account in places.values())
    return first(found, MOST_ACCOUNTS)


def _account(endpoint: str, account: Account, censuses: Censuses) -> AccountRow:
    limits = account.limits
    rows = [
        _container(account, container, censuses.of(account, container))
        for database in account.store.databases()
        for container in account.store.containers(database)
    ]
    return AccountRow(
        name=account.name,
        endpoint=endpoint,
        requests=limits.requests.total(),
        units=round(sum(limits.charges.values()), 2),
        throttled=limits.throttled.total(),
        operations=tuple(
            Cost(operation=name, requests=count, units=round(limits.charges_of[name], 2))
            for name, count in limits.requests.most_common()
        ),
        containers=first(rows, MOST_CONTAINERS),
    )


def _container(account: Account, container: Container, counted: Census) -> ContainerRow:
    name = f"{container.database.name}/{container.name}"
    paths = (container.properties.get("partitionKey") or {}).get("paths") or ()
    return ContainerRow(
        database=container.database.name,
        name=container.name,
        partition_key=", ".join(paths),
        documents=counted.documents,
        bytes=counted.bytes,
        throughput=account.throughput(container)[1],
        units=round(account.limits.charges[name], 2),
        throttled=account.limits.throttled[container.name],
        partitions=counted.partitions,
    )


def census(account: Account, container: Container) -> Census:
    """Count what a container holds."""
    documents, size = account.store.count(container, account.now)
    total, found = account.store.partitions(container, account.now, MOST_PARTITIONS)
    rows = tuple(
        Partition(
            key=clipped(", ".join(str(part) for part in json.loads(key)), 120),
            documents=sum(kinds.values()),
            kinds=", ".join(f"{count} {kind}" for kind, count in kinds.items() if kind),
        )
        for key, kinds in found.items()
    )
    listed: Listing[Partition] = Listing(rows=rows, left_off=max(0, total - len(rows)))
    return Census(documents=documents, bytes=size, partitions=listed)
