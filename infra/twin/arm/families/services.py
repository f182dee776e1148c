"""Registries, model accounts, vaults, environments: what Azure fills in for each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, ResourceStore
from infra.twin.arm.families.recorded import Recorded, kept


@dataclass(frozen=True)
class Registry(Recorded):
    """Give every registry the twin's login server."""

    login_server: str

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse tiers that do not exist."""
        legal = ("Basic", "Standard", "Premium")
        if request.body["sku"]["name"] not in legal:
            raise _unknown_sku(request, request.body["sku"]["name"], legal)

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
    """Check that a deployment names a model."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse a deployment without a model."""
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
        """Fill in the defaults."""
        return _missing(request, {"versionUpgradeOption": "OnceNewDefaultVersionAvailable"})


@dataclass(frozen=True)
class ManagedEnvironment(Recorded):
    """Give an environment its domain: the twin's ingress."""

    domain: Callable[[], str]

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


def _unknown_sku(request: ArmRequest, given: str, legal: tuple[str, ...]) -> ArmProblem:
    message = f"The sku '{given}' is invalid. Allowed: {', '.join(legal)}."
    finding = Finding(
        code="ST002", resource=request.id.path, message=message, fix=f"choose one of {', '.join(legal)}"
    )
    return ArmProblem(400, "SkuInvalid", message, target="sku.name", finding=finding)
