"""Registries, model accounts, vaults, environments: what Azure fills in for each."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Resource, ResourceStore
from infra.twin.arm.families.network import check_registry
from infra.twin.arm.families.recorded import Recorded, kept
from infra.twin.arm.ids import ResourceId
from infra.twin.network.environments import check_environment


@dataclass(frozen=True)
class Registry(Recorded):
    """Give every registry the twin's login server."""

    login_server: str

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse tiers that do not exist, or that cannot be closed to the internet."""
        legal = ("Basic", "Standard", "Premium")
        if request.body["sku"]["name"] not in legal:
            raise _unknown_sku(request, request.body["sku"]["name"], legal)
        check_registry(request)

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the address and the defaults."""
        defaults = {
            "adminUserEnabled": False,
            "anonymousPullEnabled": False,
            "publicNetworkAccess": "Enabled",
            "zoneRedundancy": "Disabled",
        }
        return _missing(request, defaults) | {
            "loginServer": self.login_server,
            "creationDate": kept(request, "creationDate", _now()),
        }


@dataclass(frozen=True)
class CognitiveAccount(Recorded):
    """Give a model account the twin's endpoint."""

    endpoint: str

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse what Azure refuses: tokens need a subdomain of one's own."""
        kind = str(request.body.get("kind", ""))
        if kind.lower() in {"openai", "aiservices"} and not request.properties.get("customSubDomainName"):
            message = "Token authentication needs a custom subdomain: 'customSubDomainName' is not set."
            finding = Finding(
                code="ST002",
                resource=request.id.path,
                message=message,
                fix="set customSubDomainName to the account's name: managed identities "
                "cannot sign in without it",
            )
            where = "properties.customSubDomainName"
            raise ArmProblem(400, "CustomDomainRequired", message, target=where, finding=finding)

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the endpoint."""
        return _missing(request, {"publicNetworkAccess": "Enabled", "disableLocalAuth": False}) | {
            "endpoint": self.endpoint,
            "endpoints": {"OpenAI Language Model Instance API": self.endpoint},
            "dateCreated": kept(request, "dateCreated", _now()),
        }


@dataclass(frozen=True)
class CognitiveDeployment(Recorded):
    """Check that a deployment names a model, and that its account does nothing else meanwhile."""

    seconds: float = 0.2
    """How long making one takes: what runs in parallel meets it."""
    _busy: set[str] = field(default_factory=set)

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse a deployment without a model, and one beside another that is under way."""
        if request.id.parent.key in self._busy:
            raise _conflict(request.id, request.id.parent)
        model = request.properties.get("model") or {}
        if model.get("name") and model.get("format"):
            return
        message = "The model of the deployment must have a format and a name."
        finding = Finding(
            code="ST002",
            resource=request.id.path,
            message=message,
            fix="set properties.model to format, name and version, for instance OpenAI, "
            "gpt-4o-mini, 2024-07-18",
        )
        raise ArmProblem(400, "InvalidModel", message, target="properties.model", finding=finding)

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the defaults; from here on the account is busy."""
        self._busy.add(request.id.parent.key)
        return _missing(request, {"versionUpgradeOption": "OnceNewDefaultVersionAvailable"})

    @override
    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        """Take a while, as Azure does, and set the account free."""
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self._busy.discard(resource.id.parent.key)


@dataclass(frozen=True)
class ManagedEnvironment(Recorded):
    """Give an environment its domain: the twin's ingress."""

    domain: Callable[[], str]

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse a network that the service cannot use."""
        check_environment(request, state)

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the domain and the address."""
        return _missing(request, {"zoneRedundant": False}) | {
            "defaultDomain": self.domain(),
            "staticIp": "127.0.0.1",
            "eventStreamEndpoint": "",
        }


def _missing(request: ArmRequest, defaults: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in defaults.items() if name not in request.properties}


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _conflict(deployment: ResourceId, account: ResourceId) -> ArmProblem:
    message = (
        f"Another operation is being performed on the parent resource '{account.path}'. "
        "Please try again later."
    )
    finding = Finding(
        code="ST044",
        resource=deployment.path,
        message=message,
        fix="make one deployment depend on the one before it",
    )
    return ArmProblem(409, "RequestConflict", message, finding=finding)


def _unknown_sku(request: ArmRequest, given: str, legal: tuple[str, ...]) -> ArmProblem:
    message = f"The sku '{given}' is invalid. Allowed: {', '.join(legal)}."
    finding = Finding(
        code="ST002", resource=request.id.path, message=message, fix=f"choose one of {', '.join(legal)}"
    )
    return ArmProblem(400, "SkuInvalid", message, target="sku.name", finding=finding)
