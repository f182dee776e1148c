"""What cannot change in place: names and places always, and what Azure refuses to update."""

from typing import Any

# Sources: Microsoft Learn. Role assignments cannot be updated ("RoleAssignmentUpdateNotPermitted"); the
# partition key of a container, the zone redundancy of a registry, the network and zone redundancy of an
# environment, the environment of an app, and a model account's kind and subdomain are fixed at creation.
_FIXED: dict[str, tuple[str, ...]] = {
    "app:ContainerApp": ("environmentId", "managedEnvironmentId"),
    "app:Job": ("environmentId",),
    "app:ManagedEnvironment": ("vnetConfiguration", "zoneRedundant"),
    "authorization:RoleAssignment": ("principalId", "principalType", "roleDefinitionId"),
    "cognitiveservices:Account": ("kind", "properties.customSubDomainName"),
    "containerregistry:Registry": ("zoneRedundancy",),
    "cosmosdb:SqlResourceSqlContainer": ("resource.partitionKey", "resource.id"),
    "cosmosdb:SqlResourceSqlDatabase": ("resource.id",),
}


def fixed_paths(token: str, entry: dict[str, Any]) -> tuple[str, ...]:
    """Return the inputs whose change replaces the resource; `entry` is the type's data."""
    return (*entry["params"], "location", *_FIXED.get(token.removeprefix("azure-native:"), ()))
