"""The twin about itself: status, logs, stop, tokens of users."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from infra.twin.arm.behaviour import ArmProblem
from infra.twin.arm.families.edge import unshown
from infra.twin.arm.families.network import NETWORKS
from infra.twin.arm.store import DiskStore
from infra.twin.config import TwinConfig
from infra.twin.database.accounts import Databases
from infra.twin.identity.roles import ASSIGNMENTS, unevaluated
from infra.twin.identity.tokens import Directory
from infra.twin.journal import Journal
from infra.twin.models.backend import ModelBackend
from infra.twin.models.endpoint import unanswered
from infra.twin.platform import AppRuntime
from infra.twin.vault.vaults import Vaults

_MOST_LINES = 10_000
_CONDITION = (
    "role assignment {}: its condition has expressions that are not evaluated here, so that more is granted "
    "than Azure may grant"
)
_VAULTS = (
    "Key Vault: in Azure only Key Vault Secrets Officers set secrets, here whoever runs the twin may as well",
    "Key Vault: its rules for single addresses, and the 90 days for which a deleted vault holds its name",
)
_NETWORKS = (
    "networks: who runs the twin, pushes images or sets secrets is inside, whatever network.allow says",
    "networks: routes, security groups, peerings, and who reaches an internal environment",
)
_ALWAYS = (
    "quotas, role propagation times, regions' capacity and real prices",
    "database: request units are modelled, not Azure's bill; latency and 429s are this machine's",
    "database: one region, one physical partition; other consistency levels, failover, backups and firewalls",
    "alerts and the budget are recorded and never fire",
    "telemetry: queries, the platform's own metrics, availability tests, the minutes until it can be read",
)


@dataclass(frozen=True, kw_only=True)
class Admin:
    """Serve /twin/*."""

    config: TwinConfig
    since: str
    store: DiskStore
    journal: Journal
    model: ModelBackend
    runtime: AppRuntime
    databases: Databases
    vaults: Vaults
    directory: Directory
    operator: str
    caller: Callable[[web.Request], str]
    stopping: asyncio.Event

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.get("/twin/status", self._status),
            web.get("/twin/logs", self._logs),
            web.post("/twin/stop", self._stop),
            web.post("/twin/tokens", self._tokens),
        ]

    async def _status(self, request: web.Request) -> web.Response:
        self.caller(request)
        apps = self.runtime.apps()
        return web.json_response(
            {
                "mode": self.config.mode,
                "stack": self.config.stack,
                "since": self.since,
                "urls": {app["name"]: app["url"] for app in apps if app.get("url")},
                "resources": self._resources(),
                "apps": apps,
                "findings": [finding.model_dump() for finding in self.journal.findings],
                "not_shown": self.not_shown(),
                "pulls": [
                    {"image": one.image, "identity": one.identity, "ok": one.ok} for one in self.journal.pulls
                ],
                "databases": {name: address for name, (address, _) in self.databases.places().items()},
                "vaults": self.vaults.addresses(),
                "model": {"name": self.model.name, "url": self.model.url, "twin_of": self.declared_model()},
            }
        )

    def _resources(self) -> list[dict[str, Any]]:
        return [
            {
                "type": resource.type,
                "name": resource.name,
                "id": resource.id.path,
                "status": resource.properties.get("provisioningState", "Succeeded"),
            }
            for resource in self.store
            if not self._is_own(resource.type, resource.properties)
        ]

    def _is_own(self, kind: str, properties: dict[str, Any]) -> bool:
        return kind == ASSIGNMENTS and properties.get("principalId") == self.operator

    def not_shown(self) -> list[str]:
        """Return, as sentences, what this twin cannot show."""
        vaults = _VAULTS if self.vaults.addresses() else ()
        networks = _NETWORKS if self.store.of_type(NETWORKS) else ()
        more = (
            *unanswered(self.store),
            *(_CONDITION.format(name) for name in unevaluated(self.store)),
            *unshown(self.store),
        )
        return list(dict.fromkeys([*self.runtime.not_shown(), *vaults, *networks, *more, *_ALWAYS]))

    def declared_model(self) -> str | None:
        """Return name and version of the model that the program declares, or None."""
        for deployment in self.store.of_type("Microsoft.CognitiveServices/accounts/deployments"):
            model = deployment.properties.get("model") or {}
            return " ".join(str(model[key]) for key in ("name", "version") if model.get(key))
        return None

    async def _logs(self, request: web.Request) -> web.Response:
        self.caller(request)
        try:
            tail = min(max(int(request.query.get("tail", "200")), 1), _MOST_LINES)
            lines = self.runtime.logs(request.query.get("app"), tail)
        except ValueError as error:
            raise ArmProblem(
                400, "InvalidTail", f"tail is {request.query['tail']!r}; it must be a number."
            ) from error
        except KeyError as error:
            known = ", ".join(app["name"] for app in self.runtime.apps()) or "none"
            message = f"There is no app '{request.query.get('app')}'; known: {known}."
            raise ArmProblem(404, "AppNotFound", message) from error
        return web.Response(text="".join(f"{line}\n" for line in lines))

    async def _stop(self, request: web.Request) -> web.Response:
        self.caller(request)
        self.stopping.set()
        return web.json_response({"stopping": True}, status=202)

    async def _tokens(self, request: web.Request) -> web.Response:
        self.caller(request)
        try:
            body = json.loads(await request.read())
            subject, audience, issuer = (str(body[name]) for name in ("subject", "audience", "issuer"))
        except (ValueError, KeyError, TypeError) as error:
            message = "The body must be an object with subject, audience and issuer."
            raise ArmProblem(400, "InvalidRequestContent", message) from error
        return web.json_response({"token": self.directory.issue_user(subject, audience, issuer)})
