"""Which behaviour each resource type has."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.twin.arm.behaviour import Behaviour
from infra.twin.arm.families import front_door
from infra.twin.arm.families.authorization import RoleAssignment
from infra.twin.arm.families.cosmos import DatabaseAccount, SqlResource, SqlRoleAssignment
from infra.twin.arm.families.deployment import (
    CREDENTIALS,
    BlobService,
    FederatedCredential,
    StorageAccount,
    VaultKey,
)
from infra.twin.arm.families.domains import CERTIFICATES, Domains, ManagedCertificate
from infra.twin.arm.families.edge import AuthConfig, Cache, CacheAccess, CacheDatabase
from infra.twin.arm.families.identities import UserAssignedIdentity
from infra.twin.arm.families.jobs import JOB, Job
from infra.twin.arm.families.monitor import ActionGroup, Budget, InsightsComponent, Workspace
from infra.twin.arm.families.network import NETWORKS, SUBNETS, PrivateEndpoint, Subnet, VirtualNetwork
from infra.twin.arm.families.recorded import Recorded
from infra.twin.arm.families.replications import REPLICATIONS, Replication
from infra.twin.arm.families.services import (
    CognitiveAccount,
    CognitiveDeployment,
    ManagedEnvironment,
    Registry,
)
from infra.twin.arm.families.vaults import Vault, VaultSecret
from infra.twin.arm.families.watching import MetricAlert, WebTest, Workbook
from infra.twin.database.accounts import Databases
from infra.twin.platform import AppRuntime
from infra.twin.vault.vaults import Vaults


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Hold the addresses and facts that Azure would fill into resources."""

    subscription: str
    tenant: str
    login_server: str
    services: str
    ingestion: str
    domain: Callable[[], str]
    principal_type: Callable[[str], str | None]
    databases: Databases
    vaults: Vaults
    domains: Domains


def behaviours(around: Surroundings, container_app: AppRuntime) -> dict[str, Behaviour]:
    """Return the behaviours by type in lower case; the empty name is for types that are only recorded."""
    return {
        "": Recorded(),
        "microsoft.managedidentity/userassignedidentities": UserAssignedIdentity(around.tenant),
        "microsoft.authorization/roleassignments": RoleAssignment(
            around.subscription, around.tenant, around.principal_type
        ),
        "microsoft.containerregistry/registries": Registry(around.login_server),
        "microsoft.documentdb/databaseaccounts": DatabaseAccount(around.databases),
        "microsoft.documentdb/databaseaccounts/sqldatabases": SqlResource(around.databases),
        "microsoft.documentdb/databaseaccounts/sqldatabases/containers": SqlResource(around.databases),
        "microsoft.documentdb/databaseaccounts/sqlroleassignments": SqlRoleAssignment(around.databases),
        "microsoft.cognitiveservices/accounts": CognitiveAccount(f"{around.services}/"),
        "microsoft.cognitiveservices/accounts/deployments": CognitiveDeployment(),
        "microsoft.app/managedenvironments": ManagedEnvironment(around.domain),
        "microsoft.app/containerapps": container_app,
        JOB: Job(container_app),
        "microsoft.cdn/profiles": front_door.Profile(),
        "microsoft.cdn/profiles/afdendpoints": front_door.Endpoint(container_app),
        "microsoft.cdn/profiles/afdendpoints/routes": front_door.Route(container_app),
        "microsoft.cdn/profiles/origingroups": front_door.OriginGroup(),
        "microsoft.cdn/profiles/securitypolicies": front_door.SecurityPolicy(),
        "microsoft.network/frontdoorwebapplicationfirewallpolicies": front_door.FirewallPolicy(),
        "microsoft.cache/redisenterprise": Cache(),
        "microsoft.cache/redisenterprise/databases": CacheDatabase(),
        "microsoft.cache/redisenterprise/databases/accesspolicyassignments": CacheAccess(),
        CERTIFICATES.lower(): ManagedCertificate(around.domains),
        "microsoft.app/containerapps/authconfigs": AuthConfig(),
        "microsoft.operationalinsights/workspaces": Workspace(),
        "microsoft.insights/components": InsightsComponent(around.ingestion, around.tenant),
        "microsoft.insights/actiongroups": ActionGroup(),
        "microsoft.insights/metricalerts": MetricAlert(),
        "microsoft.insights/webtests": WebTest(),
        "microsoft.insights/workbooks": Workbook(),
        "microsoft.consumption/budgets": Budget(),
        "microsoft.keyvault/vaults": Vault(around.vaults),
        "microsoft.keyvault/vaults/secrets": VaultSecret(around.vaults),
        "microsoft.keyvault/vaults/keys": VaultKey(),
        "microsoft.storage/storageaccounts": StorageAccount(),
        "microsoft.storage/storageaccounts/blobservices": BlobService(),
        CREDENTIALS.lower(): FederatedCredential(),
        REPLICATIONS.lower(): Replication(),
        NETWORKS.lower(): VirtualNetwork(),
        SUBNETS.lower(): Subnet(),
        "microsoft.network/privateendpoints": PrivateEndpoint(),
    }
