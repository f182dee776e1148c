"""The parts of a twin, made in the order in which they need one another."""

import asyncio
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from infra.twin.admin import Admin
from infra.twin.arm import metadata
from infra.twin.arm.families.catalogue import Surroundings, behaviours
from infra.twin.arm.families.domains import Domains
from infra.twin.arm.families.jobs import JobControl
from infra.twin.arm.families.listed import Lists
from infra.twin.arm.http import MAX_BODY, ArmHttp, arm_errors
from infra.twin.arm.operations import Operations
from infra.twin.arm.service import ArmService
from infra.twin.arm.store import DiskStore
from infra.twin.arm.tenancy import Tenancy
from infra.twin.arm.types import TypeTable
from infra.twin.config import TwinConfig
from infra.twin.database import accounts, certificates
from infra.twin.database.accounts import Databases, Site
from infra.twin.database.admin import DatabaseAdmin
from infra.twin.dns import Zone
from infra.twin.guard import Gatekeeper, known_hosts
from infra.twin.identity.authority import Authority
from infra.twin.identity.endpoint import IdentityEndpoint
from infra.twin.identity.graph import Graph
from infra.twin.identity.keys import SigningKey
from infra.twin.identity.oauth import OAuth, secret_of
from infra.twin.identity.tokens import Directory, Principal
from infra.twin.journal import Journal
from infra.twin.models.backend import ModelBackend
from infra.twin.models.endpoint import ModelEndpoint
from infra.twin.monitor.access import IngestionDoor
from infra.twin.monitor.admin import MonitorAdmin
from infra.twin.monitor.ingestion import Ingestion
from infra.twin.monitor.telemetry import Telemetry
from infra.twin.page.routes import PageRoutes
from infra.twin.page.view import Parts, View
from infra.twin.platform import AppRuntime, Platform
from infra.twin.ports import Sockets
from infra.twin.registry.access import RegistryAccess
from infra.twin.registry.distribution import Distribution
from infra.twin.registry.endpoint import RegistryEndpoint
from infra.twin.registry.puller import RegistryPuller
from infra.twin.registry.storage import registry_of
from infra.twin.runtime.control import AppControl
from infra.twin.runtime.door import SignIn
from infra.twin.runtime.streams import LogStreams
from infra.twin.runtime.trust import bundle
from infra.twin.vault import vaults, waiting
from infra.twin.vault.reader import VaultReader
from infra.twin.vault.vaults import Vaults, VaultSite

OPERATOR = Principal(
    object_id="0be7a707-0000-4000-8000-000000000001", client_id="0be7a707-0000-4000-8000-000000000002"
)

RuntimeFactory = Callable[[Platform], AppRuntime]


@dataclass
class Twin:
    """Hold the parts of one running twin."""

    config: TwinConfig
    platform: Platform
    runtime: AppRuntime
    store: DiskStore
    journal: Journal
    arm_url: str
    token: str
    client_secret: str
    identities: IdentityEndpoint
    stopping: asyncio.Event

    def address(self, since: str) -> dict[str, object]:
        """Return what twin.json says."""
        return {
            "pid": os.getpid(),
            "started_at": since,
            "arm_url": self.arm_url,
            "token": self.token,
            "identity_endpoint": f"{self.platform.endpoints[0]}/msi/token",
            "operator_identity_header": self.identities.operator_header,
            "mode": self.config.mode,
            "stack": self.config.stack,
            "arm_https_url": self.platform.control,
            "trust_file": str(bundle(self.platform).resolve()),
            "tenant": self.config.tenant,
            "subscription": self.config.subscription,
            "client_id": OPERATOR.client_id,
            "client_secret": self.client_secret,
        }


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Hold what must be there before the parts can be made."""

    config: TwinConfig
    ports: dict[str, int]
    sockets: Sockets
    gateway: str | None
    store: DiskStore
    key: SigningKey
    http: aiohttp.ClientSession
    since: str


class Assembly:
    """Make the parts of a twin in the order in which they need one another."""

    def __init__(self, ground: Ground) -> None:
        config, key, ports, store = ground.config, ground.key, ground.ports, ground.store
        self.config, self.ports, self.gateway, self.store = config, ports, ground.gateway, store
        self.http, self.since = ground.http, ground.since
        self.services_url = f"http://localhost:{ports['services']}"
        self.ingestion_url = f"https://localhost:{ports['services']}"
        self.control = f"https://localhost:{ports['arm-tls']}"
        self.client_secret = secret_of(key, OPERATOR.client_id)
        self.login_server = f"localhost:{ports['registry']}"
        self.directory = Directory(key=key, tenant=config.tenant, authority=f"{self.services_url}/authority")
        self.journal = Journal()
        self.operations = Operations(self.journal.report)
        self.identities = IdentityEndpoint(self.directory, store, OPERATOR, lambda: self.services_url)
        self.access = RegistryAccess(
            directory=self.directory,
            state=store,
            login_server=self.login_server,
            note_use=self.journal.uses.note,
        )
        self.distribution = Distribution(
            binary=config.registry_binary if config.mode == "docker" else None,
            folder=registry_of(config.state),
            key=key,
            login_server=self.login_server,
        )
        self.model = ModelBackend(
            config.model, config.app_cwd, config.state / "model.log", self.journal.report
        )
        self.databases = self._databases(ground)
        self.vaults = self._vaults(ground)
        self.telemetry = Telemetry.open(config.state / "telemetry.db")
        self.token = secrets.token_urlsafe(32)
        self.stopping = asyncio.Event()
        self.apps: dict[str, web.Application] = {}

    def build(self, make_runtime: RuntimeFactory) -> Twin:
        """Return the twin, with one web application per role ready to be served."""
        platform = self._platform()
        runtime = make_runtime(platform)
        caller = Gatekeeper(
            token=self.token,
            operator=OPERATOR,
            directory=self.directory,
            state=self.store,
            subscription=self.config.subscription,
            note_use=self.journal.uses.note,
        )
        admin = self._admin(caller, runtime)
        self.apps = {
            "arm": self._application(
                [
                    *admin.routes(),
                    *self._page(caller, runtime, admin).routes(),
                    *DatabaseAdmin(self.databases, caller).routes(),
                    *MonitorAdmin(self.telemetry, caller).routes(),
                    *metadata.routes(self.config.tenant),
                    *self._sign_in().routes(),
                    *Graph(self.directory, self.identities).routes(),
                    *LogStreams(runtime, self.directory).routes(),
                    *self._arm(caller, runtime, platform),
                ]
            ),
            "registry": self._application(self._registry()),
            "services": self._application(self._services()),
        }
        return Twin(
            config=self.config,
            platform=platform,
            runtime=runtime,
            store=self.store,
            journal=self.journal,
            arm_url=f"http://127.0.0.1:{self.ports['arm']}",
            token=self.token,
            client_secret=self.client_secret,
            identities=self.identities,
            stopping=self.stopping,
        )

    def _sign_in(self) -> OAuth:
        return OAuth(directory=self.directory, operator=OPERATOR, secret=self.client_secret)

    def _application(self, routes: list[web.AbstractRouteDef]) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY, middlewares=[known_hosts(self.gateway), arm_errors])
        app.add_routes(routes)
        return app

    def _databases(self, ground: Ground) -> Databases:
        folder = self.config.state / "databases"
        return Databases(
            Site(
                folder=folder,
                addresses=accounts.addresses(ground.sockets, ground.gateway),
                certificates=certificates.load(folder, ground.gateway),
                directory=self.directory,
                state=self.store,
                report=self.journal.report,
                settle=self.journal.settle,
                note_use=self.journal.uses.note,
            )
        )

    def _vaults(self, ground: Ground) -> Vaults:
        return Vaults(
            VaultSite(
                folder=self.config.state / waiting.FOLDER,
                addresses=vaults.addresses(ground.sockets, ground.gateway),
                certificates=self.databases.site.certificates,
                directory=self.directory,
                state=self.store,
                operator=OPERATOR.object_id,
                challenge=f"{self.control}/{self.config.tenant}",
                note_use=self.journal.uses.note,
            )
        )

    def _platform(self) -> Platform:
        config = self.config
        puller = RegistryPuller(
            access=self.access,
            distribution=self.distribution,
            identities=self.identities,
            journal=self.journal,
            http=self.http,
        )
        return Platform(
            mode=config.mode,
            stack=config.stack,
            state=config.state,
            app_command=config.app_command,
            app_cwd=config.app_cwd,
            ingress_port=self.ports["ingress"],
            identities=self.identities,
            registry=puller,
            report=self.journal.report,
            endpoints=(self.services_url, f"http://{self.login_server}", self.ingestion_url),
            authority=f"{self.services_url}/authority",
            gateway=self.gateway,
            control=self.control,
            authority_file=self.databases.site.certificates.authority,
            databases=self.databases.endpoints,
            door=lambda app_id: SignIn(app_id, self.store, self.directory),
            secrets=VaultReader(
                identities=self.identities,
                http=self.http,
                addresses=self.vaults.addresses,
                trust=self.databases.site.certificates.trust,
            ),
            overrides={},
        )

    def _arm(self, caller: Gatekeeper, runtime: AppRuntime, platform: Platform) -> list[web.AbstractRouteDef]:
        around = Surroundings(
            subscription=self.config.subscription,
            tenant=self.config.tenant,
            login_server=self.login_server,
            services=self.services_url,
            ingestion=self.ingestion_url,
            domain=lambda: f"localhost:{platform.ingress_port}",
            principal_type=self.identities.principal_type,
            databases=self.databases,
            vaults=self.vaults,
            domains=Domains(Zone.of(self.config.state), self.config.subscription),
        )
        service = ArmService(
            store=self.store,
            table=TypeTable.load(),
            behaviours=behaviours(around, runtime),
            operations=self.operations,
            subscription=self.config.subscription,
            tenant=self.config.tenant,
            settled=self.journal.settle,
            extras=Lists(self.store, self.config.subscription).extras()
            | AppControl(runtime, self.directory, self.control).extras()
            | JobControl(runtime).extras(),
        )
        return [*Tenancy(service, caller).routes(), *ArmHttp(service, caller).routes()]

    def _admin(self, caller: Gatekeeper, runtime: AppRuntime) -> Admin:
        return Admin(
            config=self.config,
            since=self.since,
            store=self.store,
            journal=self.journal,
            model=self.model,
            runtime=runtime,
            databases=self.databases,
            vaults=self.vaults,
            directory=self.directory,
            operator=OPERATOR.object_id,
            caller=caller,
            stopping=self.stopping,
        )

    def _page(self, caller: Gatekeeper, runtime: AppRuntime, admin: Admin) -> PageRoutes:
        parts = Parts(
            config=self.config,
            since=self.since,
            store=self.store,
            journal=self.journal,
            model=self.model,
            runtime=runtime,
            databases=self.databases,
            vaults=self.vaults,
            identities=self.identities,
            telemetry=self.telemetry,
            not_shown=admin.not_shown,
            model_of=admin.declared_model,
            credentials=frozenset({self.token, self.client_secret}),
        )
        return PageRoutes(view=View(parts), caller=caller)

    def _registry(self) -> list[web.AbstractRouteDef]:
        return RegistryEndpoint(access=self.access, distribution=self.distribution, http=self.http).routes()

    def _services(self) -> list[web.AbstractRouteDef]:
        model = ModelEndpoint(
            directory=self.directory,
            state=self.store,
            backend=self.model,
            journal=self.journal,
            http=self.http,
        )
        authority = Authority(self.directory, lambda: self.directory.authority)
        identity = web.get("/msi/token", self.identities.handle)
        ingestion = Ingestion(
            door=IngestionDoor(directory=self.directory, state=self.store, note_use=self.journal.uses.note),
            telemetry=self.telemetry,
            journal=self.journal,
        )
        return [identity, *authority.routes(), *model.routes(), *ingestion.routes()]
