"""Who can reach what: public endpoints, plain HTTP, identities that nobody checks."""

from collections.abc import Iterator

from infra.plan import PlannedResource
from infra.policy.limits import Limits
from infra.policy.values import APP, at, is_external, variables

# The services behind the app that have a public endpoint unless it is turned off, and where.
PUBLIC = {
    "azure-native:containerregistry:Registry": "publicNetworkAccess",
    "azure-native:cosmosdb:DatabaseAccount": "publicNetworkAccess",
    "azure-native:cognitiveservices:Account": "properties.publicNetworkAccess",
    "azure-native:keyvault:Vault": "properties.publicNetworkAccess",
    "azure-native:redis:Redis": "publicNetworkAccess",
    "azure-native:redisenterprise:RedisEnterprise": "publicNetworkAccess",
    "azure-native:storage:StorageAccount": "publicNetworkAccess",
    "azure-native:search:Service": "publicNetworkAccess",
}
CLOSED = ("Disabled", "SecuredByPerimeter")


def public_network(resource: PlannedResource, limits: Limits) -> Iterator[str]:
    """Find a service with a public endpoint in a stack that forbids them."""
    path = PUBLIC.get(resource.type)
    if path and not limits.public_network and (found := at(resource.inputs, path)) not in CLOSED:
        said = "not set, which means Enabled" if found is None else repr(found)
        yield f"{path} is {said}, and policy.publicNetwork of this stack is false"


def open_auth(resource: PlannedResource, _: Limits) -> Iterator[str]:
    """Find an app on the internet that believes whatever name a request gives."""
    if resource.type == APP and is_external(resource):
        for name, entry in variables(resource):
            if name == "SEATRIAL_AUTH" and entry.get("value") == "open":
                yield "SEATRIAL_AUTH is 'open' and the ingress is external: anyone could be anyone"


def plain_http(resource: PlannedResource, _: Limits) -> Iterator[str]:
    """Find a way in that answers without TLS."""
    if resource.type == APP and at(resource.inputs, "configuration.ingress.allowInsecure") is True:
        yield "configuration.ingress.allowInsecure is true: tokens may cross the network in clear"
