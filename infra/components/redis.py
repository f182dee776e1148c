"""A cache for what a goal's tools want to share between replicas: Azure Managed Redis, without keys."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import redisenterprise

from infra.components.placement import Placement
from infra.options.data import RedisConfig

PORT = 10000
_FULL_ACCESS = "default"


@dataclass(frozen=True, kw_only=True, eq=False)
class RedisArgs:
    """Say how big the cache is and who uses it."""

    placement: Placement
    config: RedisConfig
    user: pulumi.Output[str]


class Redis(pulumi.ComponentResource):
    """Hold a cache that takes tokens of Entra ID alone, and the app identity's access to it."""

    id: pulumi.Output[str]
    host: pulumi.Output[str]
    grants: list[pulumi.Resource]

    def __init__(self, name: str, args: RedisArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Redis", name, None, opts)
        cluster = _cluster(name, args, self)
        database = _database(name, args, cluster, self)
        access = redisenterprise.AccessPolicyAssignment(
            f"{name}-user",
            resource_group_name=args.placement.group,
            cluster_name=cluster.name,
            database_name=database.name,
            access_policy_assignment_name="app",
            access_policy_name=_FULL_ACCESS,
            user=redisenterprise.AccessPolicyAssignmentPropertiesUserArgs(object_id=args.user),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = cluster.id
        self.host = cluster.host_name
        self.grants = [access]
        self.register_outputs({"id": self.id, "host": self.host})

    @property
    def variables(self) -> dict[str, pulumi.Input[str]]:
        """Return what the app is told of it; the user that a token is for is AZURE_CLIENT_ID's."""
        return {"REDIS_HOST": self.host, "REDIS_PORT": str(PORT)}


def _cluster(name: str, args: RedisArgs, parent: pulumi.Resource) -> redisenterprise.RedisEnterprise:
    available = redisenterprise.HighAvailability
    return redisenterprise.RedisEnterprise(
        name,
        resource_group_name=args.placement.group,
        cluster_name=args.placement.name("redis"),
        location=args.placement.location,
        tags=args.placement.tags,
        sku=redisenterprise.SkuArgs(name=f"Balanced_{args.config.size}"),
        minimum_tls_version=redisenterprise.TlsVersion.TLS_VERSION_1_2,
        high_availability=available.ENABLED if args.config.high_availability else available.DISABLED,
        public_network_access=redisenterprise.PublicNetworkAccess.ENABLED,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _database(
    name: str, args: RedisArgs, cluster: redisenterprise.RedisEnterprise, parent: pulumi.Resource
) -> redisenterprise.Database:
    return redisenterprise.Database(
        f"{name}-database",
        resource_group_name=args.placement.group,
        cluster_name=cluster.name,
        database_name="default",
        client_protocol=redisenterprise.Protocol.ENCRYPTED,
        port=PORT,
        clustering_policy=redisenterprise.ClusteringPolicy.ENTERPRISE_CLUSTER,
        eviction_policy=args.config.eviction,
        access_keys_authentication=redisenterprise.AccessKeysAuthentication.DISABLED,
        opts=pulumi.ResourceOptions(parent=parent),
    )
