"""The accounts that ARM has created: a port, a file and an endpoint each, as long as the resource lives."""

import base64
import hashlib
import logging
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.findings.model import Finding
from infra.twin.addresses import Addresses
from infra.twin.arm.behaviour import Resource, ResourceStore
from infra.twin.arm.ids import ResourceId
from infra.twin.database.access.data_roles import DataRoles
from infra.twin.database.access.keys import KeyDoor
from infra.twin.database.access.tokens import AccountDoor
from infra.twin.database.account import Account
from infra.twin.database.certificates import Certificates
from infra.twin.database.containers import container_properties
from infra.twin.database.endpoint import Endpoint
from infra.twin.database.gateway import Gateway
from infra.twin.database.limits import Limits
from infra.twin.database.rows import Container
from infra.twin.database.store import DocumentStore
from infra.twin.identity.tokens import Directory
from infra.twin.identity.uses import NoteUse, nowhere
from infra.twin.network.reach import unreached
from infra.twin.ports import Sockets

ACCOUNTS = "Microsoft.DocumentDB/databaseAccounts"
DATABASES = f"{ACCOUNTS}/sqlDatabases"
CONTAINERS = f"{DATABASES}/containers"
_HOSTS = ("localhost", "host.docker.internal", "127.0.0.1")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Site:
    """Hold what all accounts share."""

    folder: Path
    addresses: Addresses
    certificates: Certificates
    directory: Directory
    state: ResourceStore
    report: Callable[[Finding], None]
    settle: Callable[..., None]
    note_use: NoteUse = nowhere


@dataclass
class _Open:
    account: Account
    endpoint: Endpoint


def addresses(sockets: Sockets, gateway: str | None) -> Addresses:
    """Return where accounts answer."""
    return Addresses(kind="cosmos", sockets=sockets, gateway=gateway)


@dataclass
class Databases:
    """Open, change and close the accounts, as their resources are."""

    site: Site
    _open: dict[str, _Open] = field(default_factory=dict)

    def endpoint_of(self, account: ResourceId) -> str:
        """Return an account's document endpoint; its port is bound from here on, and remembered."""
        return f"{self.site.addresses.of(account)}/"

    def endpoints(self) -> tuple[str, ...]:
        """Return the endpoints that exist now, without the slash at the end."""
        found = self.site.state.of_type(ACCOUNTS)
        return tuple(str(one.properties.get("documentEndpoint", "")).rstrip("/") for one in found)

    def accounts(self) -> dict[str, Account]:
        """Return the open accounts by name."""
        return {one.account.name: one.account for one in self._open.values()}

    def places(self) -> dict[str, tuple[str, Account]]:
        """Return endpoint and account, by name."""
        return {
            one.account.name: (self.endpoint_of(ResourceId(path)), one.account)
            for path, one in self._open.items()
        }

    async def start(self) -> None:
        """Open every account that the state holds, with its databases and containers."""
        for account in self.site.state.of_type(ACCOUNTS):
            await self.open(account)
            children = self.site.state.below(account.id)
            for child in sorted(children, key=lambda one: len(one.id.segments)):
                self.put(child)

    async def open(self, resource: Resource) -> None:
        """Answer for an account from now on."""
        if resource.id.key in self._open:
            return
        account = self._account(resource.id)
        endpoint = Endpoint(Gateway(account), self.site.addresses.gateway)
        self.endpoint_of(resource.id)
        await endpoint.start(self.site.addresses.held(resource.id), self.site.certificates.context)
        self._open[resource.id.key] = _Open(account, endpoint)
        _log.info("database account %s answers at %s", resource.name, self.endpoint_of(resource.id))

    async def remove(self, account: ResourceId) -> None:
        """Close an account and destroy its data."""
        await self._shut(account.key)
        self.site.addresses.release(account)
        shutil.rmtree(self._folder(account), ignore_errors=True)

    async def close(self) -> None:
        """Close every account; their data stays."""
        for key in list(self._open):
            await self._shut(key)

    def put(self, resource: Resource) -> None:
        """Make a database or container what its resource says."""
        if resource.type == DATABASES:
            self._put_database(resource)
        elif resource.type == CONTAINERS:
            self._put_container(resource)

    def drop(self, resource: Resource) -> None:
        """Remove a database or container with its data."""
        opened = self._open.get(account_of(resource.id).key)
        if opened is None:
            return
        store = opened.account.store
        database = store.database(database_name(resource.id))
        if database is None:
            return
        if resource.type == DATABASES:
            store.delete_database(database)
            return
        container = store.container(database, resource.name)
        if container is not None:
            store.delete_container(container)

    def keys(self) -> frozenset[str]:
        """Return the open accounts' keys, for what must not show them."""
        return frozenset(self._key(ResourceId(path)) for path in self._open)

    def granted(self, account: ResourceId) -> None:
        """Forget earlier refusals of an account: its roles have changed."""
        self.site.settle(account.path, "ST025")

    def _put_database(self, resource: Resource) -> None:
        store = self._store(resource.id)
        found = store.database(resource.name)
        throughput = throughput_of(resource)
        if found is None:
            store.create_database(resource.name, math.floor(time.time()), throughput)
        elif found.throughput != throughput:
            store.share_throughput(found, throughput)

    def _put_container(self, resource: Resource) -> None:
        store = self._store(resource.id)
        database = store.database(database_name(resource.id))
        if database is None:
            raise KeyError(f"{resource.id.parent} has no database in the account's file")
        properties = container_properties(definition_of(resource.properties))
        found = store.container(database, resource.name)
        throughput, ts = throughput_of(resource), math.floor(time.time())
        if found is None:
            store.create_container(database, properties, ts, throughput)
        elif _differs(found, properties, throughput):
            store.replace_container(found, properties, ts, throughput)

    def _store(self, resource: ResourceId) -> DocumentStore:
        return self._open[account_of(resource).key].account.store

    def _account(self, account: ResourceId) -> Account:
        folder = self._folder(account)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        site = self.site

        def properties() -> dict[str, Any]:
            found = site.state.get(account)
            return found.properties if found else {}

        door = AccountDoor(
            account=account,
            directory=site.directory,
            roles=DataRoles(account, site.state),
            key=KeyDoor(self._key(account), time.time),
            key_allowed=lambda: not properties().get("disableLocalAuth", False),
            hosts=(*_HOSTS, *([gateway] if (gateway := site.addresses.gateway) else [])),
            report=site.report,
            note_use=site.note_use,
            unreached=lambda principal: unreached(site.state, principal, account),
        )
        found = site.state.get(account)
        return Account(
            name=account.name,
            store=DocumentStore.open(folder / "documents.sqlite"),
            door=door,
            location=str(found.body.get("location", "westeurope")) if found else "westeurope",
            consistency=lambda: str(
                (properties().get("consistencyPolicy") or {}).get("defaultConsistencyLevel", "Session")
            ),
            serverless=lambda: any(
                one.get("name") == "EnableServerless" for one in properties().get("capabilities") or []
            ),
            limits=Limits(time.time),
        )

    def _key(self, account: ResourceId) -> str:
        """Return the account's key, which follows from the directory's signing key and the account's id."""
        secret = self.site.directory.key.private.private_numbers().d.to_bytes(512, "big")
        return base64.b64encode(hashlib.sha512(secret + account.key.encode()).digest()).decode()

    def _folder(self, account: ResourceId) -> Path:
        return self.site.folder / account.name.lower()

    async def _shut(self, key: str) -> None:
        opened = self._open.pop(key, None)
        if opened is not None:
            await opened.endpoint.close()
            opened.account.store.close()


def account_of(resource: ResourceId) -> ResourceId:
    """Return the account that a database or container belongs to."""
    found = resource
    while found.type.lower() != ACCOUNTS.lower():
        found = found.parent
    return found


def database_name(resource: ResourceId) -> str:
    """Return the database that a resource is, or is in."""
    return resource.name if resource.type == DATABASES else resource.parent.name


def definition_of(properties: dict[str, Any]) -> dict[str, Any]:
    """Return a container's definition as the data plane writes it."""
    given = properties.get("resource") or {}
    return {name: value for name, value in given.items() if not name.startswith("_")}


def throughput_of(resource: Resource) -> int | None:
    """Return the RU/s that a database or container was given (autoscale: its most), or None."""
    options = resource.properties.get("options") or {}
    most = (options.get("autoscaleSettings") or {}).get("maxThroughput")
    given = most or options.get("throughput")
    return int(given) if given else None


def _differs(found: Container, properties: dict[str, Any], throughput: int | None) -> bool:
    return found.properties != properties or found.throughput != throughput
