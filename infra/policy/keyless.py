"""No keys: every service believes Entra tokens alone, and nobody holds a password."""

from collections.abc import Iterator

from infra.plan import PlannedResource
from infra.policy.limits import Limits
from infra.policy.values import APP, JOB, at, entries

# Where each service says that its keys are off, and the value that says so.
KEYS_OFF: dict[str, tuple[str, object]] = {
    "azure-native:cosmosdb:DatabaseAccount": ("disableLocalAuth", True),
    "azure-native:cognitiveservices:Account": ("properties.disableLocalAuth", True),
    "azure-native:operationalinsights:Workspace": ("features.disableLocalAuth", True),
    "azure-native:applicationinsights:Component": ("disableLocalAuth", True),
    "azure-native:keyvault:Vault": ("properties.enableRbacAuthorization", True),
    "azure-native:redis:Redis": ("disableAccessKeyAuthentication", True),
    "azure-native:redisenterprise:Database": ("accessKeysAuthentication", "Disabled"),
    "azure-native:storage:StorageAccount": ("allowSharedKeyAccess", False),
    "azure-native:appconfiguration:ConfigurationStore": ("disableLocalAuth", True),
    "azure-native:search:Service": ("disableLocalAuth", True),
    "azure-native:eventhub:Namespace": ("disableLocalAuth", True),
    "azure-native:servicebus:Namespace": ("disableLocalAuth", True),
}
REGISTRY = "azure-native:containerregistry:Registry"
ENVIRONMENT = "azure-native:app:ManagedEnvironment"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
BROAD_ROLES = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}


def local_auth(resource: PlannedResource, _: Limits) -> Iterator[str]:
    """Find a service whose keys are on, as they are unless the program says otherwise."""
    path, wanted = KEYS_OFF.get(resource.type, ("", None))
    if path and (found := at(resource.inputs, path)) != wanted:
        yield f"{path} is {_said(found)}; it must be {_said(wanted)}, or the service takes keys"


def registry_users(resource: PlannedResource, _: Limits) -> Iterator[str]:
    """Find a registry that knows another user than an identity with a role."""
    if resource.type == REGISTRY:
        if at(resource.inputs, "adminUserEnabled") is True:
            yield "adminUserEnabled is true: a user name and a password open the whole registry"
        if at(resource.inputs, "anonymousPullEnabled") is True:
            yield "anonymousPullEnabled is true: anyone may pull the image"


def stored_keys(resource: PlannedResource, _: Limits) -> Iterator[str]:
    """Find a key or a password that the program hands from one service to another."""
    if resource.type == ENVIRONMENT and at(resource.inputs, "appLogsConfiguration.logAnalyticsConfiguration"):
        yield (
            "appLogsConfiguration.logAnalyticsConfiguration takes the workspace's key, which then lies in "
            "the stack's state"
        )
    if resource.type in {APP, JOB}:
        for registry in entries(resource.inputs, "configuration.registries"):
            if registry.get("username") or registry.get("passwordSecretRef"):
                yield f"registry {registry.get('server')} is opened by a password, not by an identity"


def broad_roles(resource: PlannedResource, _: Limits) -> Iterator[str]:
    """Find an identity that may do nearly everything."""
    if resource.type == ASSIGNMENT:
        role = str(at(resource.inputs, "roleDefinitionId") or "").rpartition("/")[2].lower()
        if role in BROAD_ROLES:
            yield f"the role is {BROAD_ROLES[role]}: what the app can do, whoever breaks into it can do"


def _said(value: object) -> str:
    if value is None:
        return "not set"
    return str(value).lower() if isinstance(value, bool) else repr(value)
