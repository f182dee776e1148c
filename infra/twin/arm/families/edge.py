"""What stands around the app: what of it the twin records and does not do."""

from collections.abc import Iterator
from typing import Any

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, ResourceStore
from infra.twin.arm.families.recorded import Recorded

_UNSHOWN = {
    "Microsoft.App/containerApps/authConfigs": "sign-in: there is no page to sign in at; tokens are checked",
    "Microsoft.App/managedEnvironments/managedCertificates": "domains: no certificate is issued; a "
    "file (dns.json) stands for DNS",
    "Microsoft.Cache/redisEnterprise": "redis: recorded and checked; nothing answers at its address",
    "Microsoft.Cdn/profiles": "Front Door: no firewall, cache or edge; requests are passed on with its id",
    "Microsoft.App/jobs": "jobs: their schedules are recorded; start one with `az containerapp job start`",
}


class Cache(Recorded):
    """Give a cache its address."""

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in what Azure answers of a cluster."""
        place = str(request.body.get("location", ""))
        missing = {} if "highAvailability" in request.properties else {"highAvailability": "Enabled"}
        host = f"{request.id.name.lower()}.{place}.redis.azure.net"
        return missing | {"hostName": host, "redisVersion": "7.4", "resourceState": "Running"}


class CacheDatabase(Recorded):
    """Check a cache's database; there is one, under the one name that Azure takes."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse another name than `default`."""
        if request.id.name.lower() != "default":
            message = f"The database name '{request.id.name}' is invalid: it must be 'default'."
            raise refused(request, "InvalidDatabaseName", message, "name the database 'default'")

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in what Azure assumes where nothing is said."""
        defaults = {
            "accessKeysAuthentication": "Disabled",
            "clientProtocol": "Encrypted",
            "deferUpgrade": "NotDeferred",
            "port": 10000,
        }
        return {key: value for key, value in defaults.items() if key not in request.properties}


class CacheAccess(Recorded):
    """Check who may use a cache: under the one policy that there is."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse another policy than `default`."""
        policy = request.properties.get("accessPolicyName")
        if policy != "default":
            message = (
                f"The access policy '{policy}' does not exist. The supported access policy is 'default'."
            )
            raise refused(request, "InvalidAccessPolicy", message, "set accessPolicyName to 'default'")


class AuthConfig(Recorded):
    """Check an app's sign-in; its ingress asks for it at every request."""

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse another name than `current`, and a provider without a registration."""
        if request.id.name.lower() != "current":
            message = (
                f"The AuthConfig name '{request.id.name}' is invalid. The only supported name is 'current'."
            )
            raise refused(request, "AuthConfigInvalidName", message, "name it 'current'")
        properties = request.properties
        provider = (properties.get("identityProviders") or {}).get("azureActiveDirectory") or {}
        enabled = (properties.get("platform") or {}).get("enabled")
        if enabled and provider and not (provider.get("registration") or {}).get("clientId"):
            message = "The identity provider 'azureActiveDirectory' has no registration.clientId."
            raise refused(request, "AuthConfigInvalid", message, "give signIn.clientId in the stack file")


def refused(request: ArmRequest, code: str, message: str, fix: str, finding: str = "ST002") -> ArmProblem:
    """Return a refusal with its next step."""
    found = Finding(code=finding, resource=request.id.path, message=message, fix=fix)
    return ArmProblem(400, code, message, target=request.id.name, finding=found)


def unshown(state: ResourceStore) -> Iterator[str]:
    """Yield, as sentences, what the twin does not do of what it holds."""
    for kind, sentence in _UNSHOWN.items():
        if state.of_type(kind):
            yield sentence
