"""What is known of a resource's type: its table entry, and how Azure answers its requests."""

from dataclasses import dataclass

from infra.twin.arm import problems
from infra.twin.arm.ids import GROUP_TYPE, ResourceId
from infra.twin.arm.types import ResourceType, TypeTable

# The provider whose PATCH is answered with 202; others' clients take 200 alone.
_PATCHED_LATER = "microsoft.app/"
# Providers whose PUT of something new is answered with 200; their clients take nothing else.
_NEVER_201 = (
    "microsoft.documentdb/",
    "microsoft.insights/components",
    "microsoft.insights/diagnosticsettings",
    "microsoft.insights/metricalerts",
    "microsoft.storage/storageaccounts",
)
APP_TYPE = "microsoft.app/containerapps"
_LONG_RUNNING = frozenset(
    {
        APP_TYPE,
        "microsoft.app/managedenvironments",
        "microsoft.cognitiveservices/accounts",
        "microsoft.cognitiveservices/accounts/deployments",
        "microsoft.containerregistry/registries",
        "microsoft.documentdb/databaseaccounts",
        "microsoft.documentdb/databaseaccounts/sqldatabases",
        "microsoft.documentdb/databaseaccounts/sqldatabases/containers",
        "microsoft.documentdb/databaseaccounts/sqlroleassignments",
        "microsoft.operationalinsights/workspaces",
    }
)


@dataclass(frozen=True)
class Kinds:
    """Find types for requests to one subscription."""

    table: TypeTable
    subscription: str

    def of(self, resource_id: ResourceId, api_version: str | None, location: str = "") -> ResourceType:
        """Return the type of what a request names; raise ArmProblem as Azure does when there is none."""
        if not resource_id.path.lower().startswith("/subscriptions/"):
            raise problems.missing_subscription()
        if resource_id.subscription.lower() != self.subscription.lower():
            raise problems.subscription_not_found(resource_id.subscription)
        kind = self.table.find(resource_id.type)
        if kind is None:
            if resource_id.namespace.lower() not in self.table.namespaces():
                raise problems.unknown_provider(resource_id.namespace)
            raise problems.unknown_type(resource_id.type, api_version or "")
        problems.check_api_version(api_version, kind.name, kind.api_versions, location)
        return kind

    def settles(self, kind: ResourceType) -> bool:
        """Say whether resources of a type tell their provisioning state."""
        rule = self.table.types[kind.body]["p"].get("properties", {})
        return "t" in rule and "provisioningState" in self.table.types[rule["t"]].get("p", {})


def is_long(kind: ResourceType) -> bool:
    """Say whether writing or deleting a resource of a type is an operation that clients poll."""
    return kind.name.lower() in _LONG_RUNNING


def created_status(kind: ResourceType) -> int:
    """Return the status that answers the PUT of something new."""
    return 200 if kind.name.lower().startswith(_NEVER_201) else 201


def patched_later(kind: ResourceType) -> bool:
    """Say whether a PATCH is answered before it is done."""
    return kind.name.lower().startswith(_PATCHED_LATER)


def canonical(resource_id: ResourceId, kind: ResourceType) -> ResourceId:
    """Return the id with the type spelt as Azure does; names stay as written."""
    if kind.name == GROUP_TYPE:
        return ResourceId(f"/subscriptions/{resource_id.subscription}/resourceGroups/{resource_id.name}")
    spelt = kind.name.split("/")
    tail = resource_id.segments[-2 * (len(spelt) - 1) :]
    pairs = [
        part for kind_name, name in zip(spelt[1:], tail[1::2], strict=True) for part in (kind_name, name)
    ]
    scope = resource_id.scope.path.rstrip("/")
    return ResourceId("/".join([scope, "providers", spelt[0], *pairs]))
